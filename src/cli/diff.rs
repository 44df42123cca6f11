//! `homegen diff`

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use homegen::output::{Existing, File, LastBuild, OutputLocation, plan};
use homegen::{compile, lock, record};

use super::against::Against;
use super::build::refuse;
use super::difference::{for_terminal, of_change};
use super::folder::Folder;
use super::{Input, Stop, has_colors, images, print, print_diagnostics};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The output folder to compare with [default: generated, beside the file]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    against: Against,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let input = &arguments.input;
    let out = arguments.output.clone().unwrap_or_else(|| input.default_output());
    let location = input.location(&out);
    let existing: BTreeMap<String, Existing> = match arguments.against.version(input)? {
        None => Folder::to_read(&out)?.read()?,
        Some(old) => files(&old.input, &old.name, &location, &LastBuild::Absent)?
            .into_iter()
            .map(|file| (file.path, Existing::File(file.text.into_bytes())))
            .collect(),
    };
    let files = files(input, &input.name(), &location, &LastBuild::of(&existing))?;
    // A file that was changed by hand is a difference.
    let plan = plan(files, &existing, true);
    refuse(&out, &plan, &existing)?;
    // A build compares the files with their hashes in the record, so the patch has it. Readers need it least.
    let (record, others): (Vec<_>, Vec<_>) = plan.iter().partition(|(path, _)| *path == record::PATH);
    let output = std::io::stdout();
    let mut is_empty = true;
    for (path, change) in others.into_iter().chain(record) {
        let patch = of_change(path, change, existing.get(path));
        is_empty &= patch.is_empty();
        match output.is_terminal() {
            true => print(&for_terminal(&patch, has_colors(&output)))?,
            false => print(&patch)?,
        }
    }
    if is_empty { Ok(()) } else { Err(Stop::Wrong) }
}

/// The output of a file. Prints its diagnostics only if an error prevents that; `homegen check` reports the rest.
fn files(
    input: &Input,
    name: &str,
    location: &OutputLocation,
    last_build: &LastBuild,
) -> Result<Vec<File>, Stop> {
    let bytes = input.read()?;
    let lock = if input.is_stdin() { None } else { images::read(&input.folder().join(lock::PATH))? };
    let outcome = input
        .with_context(last_build, lock.as_ref(), None, |context| compile(name, &bytes, location, context))?;
    outcome.files.ok_or_else(|| {
        print_diagnostics(&outcome.diagnostics, &outcome.sources);
        Stop::Wrong
    })
}
