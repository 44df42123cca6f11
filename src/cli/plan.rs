//! `homegen plan`

use clap::{Args, ValueEnum};
use homegen::Linked;
use homegen::deployment::Deployment;
use homegen::output::LastBuild;
use homegen::plan::{human, json, markdown};
use sha2::{Digest, Sha256};

use super::against::{Against, Version};
use super::{Input, Stop, print, print_data, print_diagnostics};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    against: Against,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Exit with 3 if the plan is not empty
    #[arg(long)]
    detailed_exitcode: bool,
}

/// The format of a plan.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text
    Human,
    /// One JSON object, for scripts
    Json,
    /// Markdown, for a comment on a pull request
    Markdown,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let input = &arguments.input;
    if input.is_stdin() {
        return Err(Stop::Failed(
            "a plan compares a file with its other version: standard input has none".to_owned(),
        ));
    }
    let old = other(&arguments.against.version_or(input, "HEAD")?)?;
    let last_build = LastBuild::Read(Box::new(old.record.clone()));
    let mut linked = linked(input, &input.name(), &last_build)?;
    let new = deployment(&mut linked, input)?;
    let plan = homegen::plan(&old, &new, &linked.diagnostics, &linked.sources);
    let name = input.name();
    match arguments.format {
        Format::Human => print(&human::render(&plan, &name))?,
        Format::Json => print_data(&json::render(&plan, &name))?,
        Format::Markdown => print(&markdown::render(&plan, &name))?,
    }
    match arguments.detailed_exitcode && !plan.is_empty() {
        true => Err(Stop::Changes),
        false => Ok(()),
    }
}

/// The compiled host of another version of the file.
fn other(version: &Version) -> Result<Deployment, Stop> {
    let mut linked = linked(&version.input, &version.name, &LastBuild::Absent)?;
    deployment(&mut linked, &version.input)
}

/// Reads, links and checks a file with its lock file. Diagnostics call it `name`.
fn linked(input: &Input, name: &str, last_build: &LastBuild) -> Result<Linked, Stop> {
    let bytes = input.read()?;
    let lock = input.lock()?;
    input.with_context(last_build, lock.as_ref(), None, |context| Ok(homegen::link(name, &bytes, context)))
}

/// The compiled host of a file without errors.
fn deployment(linked: &mut Linked, input: &Input) -> Result<Deployment, Stop> {
    let (Some(host), Some(file)) = (&linked.host, linked.file.take()) else {
        print_diagnostics(&linked.diagnostics, &linked.sources);
        return Err(Stop::Wrong);
    };
    let folder = input.folder();
    let hash = |path: &str| {
        let bytes = std::fs::read(folder.join(path)).ok()?;
        Some(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    };
    Ok(homegen::deploy(host, file, &hash))
}
