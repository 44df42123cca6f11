//! The command-line program.

mod cli;

use std::process::ExitCode;

/// homegen allocates and frees mostly trees of small strings: with the system's allocator, a large host takes half
/// as long again. Version 2 of mimalloc makes fewer pages than version 3 for a small host, and needs less memory for a
/// large one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
