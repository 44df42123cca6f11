//! The command line.

mod cli;

use std::process::ExitCode;

/// Trees of small strings are most of what homegen makes and frees: with the system's allocator a large
/// host takes half as long again. Version 2 of mimalloc makes fewer pages than version 3 for a small host, and needs less
/// memory for a large one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
