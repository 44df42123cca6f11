//! `homegen plan`

use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use clap::{Args, ValueEnum};
use homegen::Linked;
use homegen::deployment::Deployment;
use homegen::output::LastBuild;
use homegen::plan::{human, json, markdown};
use homegen::printable::printable;
use sha2::{Digest, Sha256};

use super::{Input, Stop, failed, print, print_data, print_diagnostics, shown};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The file to compare with, or its folder
    #[arg(long, value_name = "PATH", conflicts_with = "against_rev")]
    against: Option<PathBuf>,
    /// The Git revision of the file to compare with [default: HEAD]
    #[arg(long, value_name = "REV")]
    against_rev: Option<String>,
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
    let old = match &arguments.against {
        Some(path) if path.is_dir() => other(path.join(input.file.file_name().unwrap_or_default()))?,
        Some(path) => other(path.clone())?,
        None => of_revision(input, arguments.against_rev.as_deref().unwrap_or("HEAD"))?,
    };
    let last_build = LastBuild::Read(Box::new(old.record.clone()));
    let mut linked = linked(input, &last_build)?;
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
fn other(file: PathBuf) -> Result<Deployment, Stop> {
    let input = Input { file };
    deployment(&mut linked(&input, &LastBuild::Absent)?, &input)
}

/// Reads, links and checks a file with its lock file.
fn linked(input: &Input, last_build: &LastBuild) -> Result<Linked, Stop> {
    let bytes = input.read()?;
    let lock = super::images::read(&input.folder().join(homegen::lock::PATH))?;
    input.with_context(last_build, lock.as_ref(), |context| Ok(homegen::link(&input.name(), &bytes, context)))
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

/// The compiled host of the file in a revision of its Git repository.
fn of_revision(input: &Input, revision: &str) -> Result<Deployment, Stop> {
    if revision.starts_with('-') {
        return Err(Stop::Failed(format!("{}: not a revision", printable(revision))));
    }
    let folder = tempfile::tempdir().map_err(|error| failed("a temporary folder", &error))?;
    let mut git = Command::new("git")
        .args(["archive", "--format=tar", revision, "."])
        .current_dir(input.folder())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed("git", &error))?;
    let archive = git.stdout.take().map_or_else(Stdio::null, Stdio::from);
    let unpacked =
        Command::new("tar").args(["-x", "-f", "-"]).current_dir(folder.path()).stdin(archive).status();
    let archived = git.wait().map_err(|error| failed("git", &error))?;
    let unpacked = unpacked.map_err(|error| failed("tar", &error))?;
    if ![archived, unpacked].iter().all(ExitStatus::success) {
        return Err(Stop::Failed(format!(
            "{}: git has no revision {} of this folder; name another version of the file with --against",
            shown(&input.folder()),
            printable(revision)
        )));
    }
    other(folder.path().join(input.file.file_name().unwrap_or_default()))
}
