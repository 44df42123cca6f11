//! Reads a Compose project as Docker Compose does.

#![allow(dead_code)]

mod dotenv;
mod template;
