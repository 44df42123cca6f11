//! `homegen secrets audit`

use std::path::PathBuf;

use clap::Args;
use homegen::diag::Severity;
use homegen::printable::printable;

use super::files::Files;
use super::need_file;
use crate::cli::check::{Format, report};
use crate::cli::{Input, Stop, folder, print, shown};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// A private key of age or SSH. Each file is tried with it. Needs the program age
    #[arg(short, long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Exit with 1 on warnings too
    #[arg(long)]
    deny_warnings: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let input = &arguments.input;
    need_file(input)?;
    let files = Files::new(input.folder(), &arguments.identity)?;
    let bytes = input.read()?;
    let lock = input.lock()?;
    let last_build = folder::last_build(&input.default_output());
    let mut linked = input.with_context(&last_build, lock.as_ref(), Some(&files), |context| {
        Ok(homegen::link(&input.name(), &bytes, context))
    })?;
    files.check()?;
    // `homegen check` reports the other warnings.
    linked.diagnostics.retain(|diagnostic| {
        diagnostic.severity() == Severity::Error || diagnostic.code.is_about_secret_files()
    });
    if linked.diagnostics.is_empty() && arguments.format == Format::Human {
        let audited = linked.host.as_ref().map(homegen::hir::Host::audited).unwrap_or_default();
        let number = format!("{} encrypted file{}", audited.len(), if audited.len() == 1 { "" } else { "s" });
        let uncertain: Vec<_> = audited.iter().filter(|file| file.uncertain.is_some()).collect();
        print(&format!("{}: no problems found in {number}\n", shown(&input.file)))?;
        for file in &uncertain {
            let reason = file.uncertain.as_deref().unwrap_or_default();
            print(&format!("not certain: {}: {}\n", printable(&file.path), printable(reason)))?;
        }
        return Ok(());
    }
    report(&linked, arguments.format, arguments.deny_warnings, input)
}
