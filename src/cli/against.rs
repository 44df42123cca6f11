//! Another version of the file, to compare with: `--against` and `--against-rev`.

use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use clap::Args;
use homegen::printable::printable;
use tempfile::TempDir;

use super::{Input, Stop, failed, shown};

#[derive(Args)]
pub(super) struct Against {
    /// The file to compare with, or its folder
    #[arg(long, value_name = "PATH", conflicts_with = "against_rev")]
    against: Option<PathBuf>,
    /// The Git revision of the file to compare with
    #[arg(long, value_name = "REV")]
    against_rev: Option<String>,
}

/// Another version of the file, on the disk.
pub(super) struct Version {
    /// The name of the file in messages.
    pub(super) name: String,
    /// The file.
    pub(super) input: Input,
    /// The folder with the files of a revision. Deleted with this value.
    _folder: Option<TempDir>,
}

impl Against {
    /// The version that the arguments name. `None` if they name none.
    pub(super) fn version(&self, input: &Input) -> Result<Option<Version>, Stop> {
        let is_file = self.against.as_ref().is_some_and(|path| !path.is_dir());
        if input.is_stdin() && !is_file && (self.against.is_some() || self.against_rev.is_some()) {
            return Err(Stop::Failed(
                "standard input has no other version; name a file with --against".to_owned(),
            ));
        }
        match (&self.against, &self.against_rev) {
            (None, None) => Ok(None),
            (Some(path), _) => {
                let name = input.file.file_name().unwrap_or_default();
                let input = Input::of(if path.is_dir() { path.join(name) } else { path.clone() });
                Ok(Some(Version { name: input.name(), input, _folder: None }))
            }
            (None, Some(revision)) => of_revision(input, revision).map(Some),
        }
    }

    /// The version that the arguments name, or the version in a revision.
    pub(super) fn version_or(&self, input: &Input, revision: &str) -> Result<Version, Stop> {
        match self.version(input)? {
            Some(version) => Ok(version),
            None => of_revision(input, revision),
        }
    }
}

/// The file in a revision of its Git repository, with the files beside it.
fn of_revision(input: &Input, revision: &str) -> Result<Version, Stop> {
    if revision.starts_with('-') {
        return Err(Stop::Failed(format!("{}: not a revision", printable(revision))));
    }
    // A missing file is not a matter of the revision.
    input.read()?;
    let folder = tempfile::tempdir().map_err(|error| failed("a temporary folder", &error))?;
    let mut git = Command::new("git")
        .args(["archive", "--format=tar", revision, "."])
        .current_dir(input.folder())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed("git", &error))?;
    let archive = git.stdout.take().map_or_else(Stdio::null, Stdio::from);
    let unpacked = Command::new("tar")
        .args(["-x", "-f", "-"])
        .current_dir(folder.path())
        .stdin(archive)
        // It only repeats that there is no archive.
        .stderr(Stdio::null())
        .status();
    let archived = git.wait().map_err(|error| failed("git", &error))?;
    let unpacked = unpacked.map_err(|error| failed("tar", &error))?;
    if ![archived, unpacked].iter().all(ExitStatus::success) {
        return Err(Stop::Failed(format!(
            "{}: git has no revision {} of this folder; name another version of the file with --against",
            shown(&input.folder()),
            printable(revision)
        )));
    }
    let file = input.file.file_name().unwrap_or_default();
    if !folder.path().join(file).exists() {
        return Err(Stop::Failed(format!(
            "{}: the revision {} does not have this file; name another revision with --against-rev",
            shown(&input.file),
            printable(revision)
        )));
    }
    Ok(Version {
        name: format!("{revision}:{}", file.display()),
        input: Input::of(folder.path().join(file)),
        _folder: Some(folder),
    })
}
