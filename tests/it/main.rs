//! The integration tests. They are one program, so that the crate is linked once and one pool of threads runs all tests.

mod common;

mod album;
mod any_input;
mod backup;
mod caddy;
mod capabilities;
mod cli;
mod commands;
mod diagnostics;
mod disk;
mod docs;
mod every_key;
mod fixes;
mod fixtures;
mod folders;
mod formats;
mod growth;
mod half_typed;
mod last_build;
mod layers;
mod messages;
mod nix;
mod notify;
mod postgres;
mod reference;
mod restore_sqlite;
mod schema;
mod scripts;
mod smoke;
mod style;
mod systemd;
mod units;
mod update;
mod upload;
mod yaml_oracle;
