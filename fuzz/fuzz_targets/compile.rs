//! Bytes, as they come.

#![no_main]

mod hold;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hold::hold(bytes));
