//! `homegen secrets`

mod age;
mod audit;
mod encrypt;
mod files;
mod generate;
mod plain;
mod rekey;
mod rules;
mod sops;

use clap::{Args, Subcommand};
use homegen::hir::Host;

use super::{Input, Stop};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Check that each secret has its file, and that the files are encrypted to the right keys
    Audit(audit::Arguments),
    /// Encrypt files in plain text to the recipients of their secrets, and remove them
    Encrypt(encrypt::Arguments),
    /// Create the missing secrets that have `generate`
    Generate(generate::Arguments),
    /// Encrypt files to their recipients again, with agenix or sops
    Rekey(rekey::Arguments),
    /// Print the rules of agenix (secrets.nix)
    Rules(rules::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    match &arguments.action {
        Action::Audit(arguments) => audit::run(arguments),
        Action::Encrypt(arguments) => encrypt::run(arguments),
        Action::Generate(arguments) => generate::run(arguments),
        Action::Rekey(arguments) => rekey::run(arguments),
        Action::Rules(arguments) => rules::run(arguments),
    }
}

/// Fails for standard input: the encrypted files are beside a file.
fn need_file(input: &Input) -> Result<(), Stop> {
    match input.is_stdin() {
        true => {
            Err(Stop::Failed("the encrypted files are beside the file: standard input has none".to_owned()))
        }
        false => Ok(()),
    }
}

/// The host of the file, with its encrypted files.
fn secret_host(input: &Input, files: &files::Files) -> Result<Host, Stop> {
    let mut host = input.host(None)?;
    homegen::read_encrypted_files(&mut host, files);
    files.check()?;
    Ok(host)
}
