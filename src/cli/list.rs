//! `homegen list`

use clap::{Args, ValueEnum};
use homegen::inventory::{self, json, table};

use super::{Input, Stop, print, print_data};

#[derive(Args)]
pub(super) struct Arguments {
    /// The parts to list
    #[arg(value_enum)]
    kind: Kind,
    #[command(flatten)]
    input: Input,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// The kinds of parts.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// The ports of the host, with the programs that listen there and the clients that reach them
    Ports,
    /// The images of the containers, with their digests
    Images,
    /// The secrets, with their files and readers
    Secrets,
    /// The sites, with their targets and logins
    Sites,
    /// The jobs, with the commands to run them and to restore
    Jobs,
    /// The volumes of the containers, with their owners and backups
    Volumes,
}

/// The format of a list.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A table
    Table,
    /// One JSON object, for scripts
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let (_, inventory) = arguments.input.inventory()?;
    let kind = match arguments.kind {
        Kind::Ports => inventory::Kind::Ports,
        Kind::Images => inventory::Kind::Images,
        Kind::Secrets => inventory::Kind::Secrets,
        Kind::Sites => inventory::Kind::Sites,
        Kind::Jobs => inventory::Kind::Jobs,
        Kind::Volumes => inventory::Kind::Volumes,
    };
    match arguments.format {
        Format::Table => print(&table::render(&inventory, kind)),
        Format::Json => print_data(&json::render(&inventory, kind, &arguments.input.name())),
    }
}
