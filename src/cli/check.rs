//! `homegen check`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use homegen::diag::{github, json, sarif};
use homegen::printable::printable;

use super::{Input, Stop, fix, print, say};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Fail on warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// Make the fixes that are certain in the file, then check it
    #[arg(long)]
    fix: bool,
    /// The output folder, whose last build is compared with [default: generated, beside the file]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Who reads the diagnostics.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Snippets of the file, on standard error
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
        // GitHub looks for a file of the repository, and standard input is none.
        Format::Github | Format::Sarif if input.is_stdin() => "homeserver.yaml".to_owned(),
        _ => input.name(),
    };
    let linked = input.check(&label, &folder)?;
    let (diagnostics, sources) = (&linked.diagnostics, &linked.sources);
    match arguments.format {
        Format::Human if diagnostics.is_empty() => {
            print(&format!("{}: nothing to say\n", printable(&input.name())))?;
        }
        Format::Human => say(diagnostics, sources),
        Format::Json => print(&json::render(diagnostics, sources))?,
        Format::Github => print(&github::render(diagnostics, sources))?,
        Format::Sarif => print(&sarif::render(diagnostics, sources))?,
    }
    if linked.host.is_none() || (arguments.deny_warnings && !diagnostics.is_empty()) {
        return Err(Stop::Wrong);
    }
    Ok(())
}
