//! `homegen check`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use homegen::Linked;
use homegen::diag::{github, json, sarif};
use homegen::printable::printable;

use super::{Input, Stop, fix, print, print_diagnostics};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Exit with 1 on warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// Apply the certain fixes to the file, then check it
    #[arg(long)]
    fix: bool,
    /// The output folder with the last build to compare with [default: generated, beside the file]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// The format of the diagnostics.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text with snippets of the file, on standard error
    Human,
    /// One JSON object, for editors and scripts
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for GitHub's code scanning
    Sarif,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let input = &arguments.input;
    let folder = arguments.output.clone().unwrap_or_else(|| input.default_output());
    if arguments.fix {
        fix::run(input, &folder)?;
    }
    let label = match arguments.format {
        // GitHub attaches annotations to a file of the repository, so standard input needs a file name.
        Format::Github | Format::Sarif if input.is_stdin() => "homeserver.yaml".to_owned(),
        _ => input.name(),
    };
    let linked = input.check(&label, &folder)?;
    report(&linked, arguments.format, arguments.deny_warnings, input)
}

/// Prints the diagnostics of a file, and fails if there is an error, or with `deny_warnings` a warning.
pub(super) fn report(
    linked: &Linked,
    format: Format,
    deny_warnings: bool,
    input: &Input,
) -> Result<(), Stop> {
    let (diagnostics, sources) = (&linked.diagnostics, &linked.sources);
    match format {
        Format::Human if diagnostics.is_empty() => {
            print(&format!("{}: no problems found\n", printable(&input.name())))?;
        }
        Format::Human => print_diagnostics(diagnostics, sources),
        Format::Json => print(&json::render(diagnostics, sources))?,
        Format::Github => print(&github::render(diagnostics, sources))?,
        Format::Sarif => print(&sarif::render(diagnostics, sources))?,
    }
    if linked.host.is_none() || (deny_warnings && !diagnostics.is_empty()) {
        return Err(Stop::Wrong);
    }
    Ok(())
}
