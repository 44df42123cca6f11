//! `homegen init`

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{Stop, failed, print, shown};

/// The starter file. It compiles unchanged.
pub const STARTER: &str = include_str!("../../templates/flake/homeserver.yaml");

#[derive(Args)]
pub(super) struct Arguments {
    /// The file to write
    #[arg(default_value = "homeserver.yaml")]
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let file = &arguments.file;
    let mut created = match OpenOptions::new().write(true).create_new(true).open(file) {
        Ok(created) => created,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Stop::Failed(format!("{}: the file exists; it was not changed", shown(file))));
        }
        Err(error) => return Err(failed(shown(file), &error)),
    };
    created.write_all(STARTER.as_bytes()).map_err(|e| failed(shown(file), &e))?;
    print(&format!("{}: written; edit it, then run `homegen build`\n", shown(file)))
}
