//! The folder beside the written file: the contents of the secrets, and the script that moves the data.

use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use homegen::import::Import;
use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, openat, renameat, unlinkat};

use crate::cli::{Stop, failed, shown};

/// The name of the folder with the secrets.
const SECRETS: &str = "secrets";

/// The name of the script.
pub(super) const SCRIPT: &str = "move-data.sh";

/// Git ignores the folder.
const IGNORE: &str = ".gitignore";

const FOLDER_MODE: Mode = Mode::RWXU;
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);

/// A folder that is complete beside its place. It is removed when it is dropped, unless it is kept.
pub(super) struct PrivateFolder {
    /// The folder of the written file.
    parent: OwnedFd,
    /// The folder itself. It stays the same folder if another user replaces its path.
    folder: OwnedFd,
    /// The files in it, relative to it, and the folders, the innermost first.
    files: Vec<(PathBuf, AtFlags)>,
    /// The name at the moment. `None` when it is kept.
    name: Option<OsString>,
    path: PathBuf,
}

impl PrivateFolder {
    /// Writes the folder of `import` for a file at `beside`, under another name. `None` if there is nothing to keep in it.
    /// Fails if the folder exists.
    pub(super) fn stage(
        import: &Import,
        script: Option<&str>,
        beside: &Path,
    ) -> Result<Option<PrivateFolder>, Stop> {
        if import.secrets.is_empty() && script.is_none() {
            return Ok(None);
        }
        let parent = beside.parent().filter(|parent| !parent.as_os_str().is_empty());
        let name = format!("{}-import", import.service);
        let path = parent.map_or(PathBuf::from(&name), |parent| parent.join(&name));
        if path.symlink_metadata().is_ok() {
            return Err(Stop::Failed(format!(
                "{}: exists, perhaps with secrets in plain text; nothing was written: encrypt them, then remove the folder",
                shown(&path)
            )));
        }
        let fail = |error: std::io::Error| failed(format!("{}: nothing was written", shown(&path)), &error);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let parent = rustix::fs::open(parent.unwrap_or(Path::new(".")), flags, Mode::empty());
        let parent = parent.map_err(|error| fail(error.into()))?;
        // A fixed name: the next run finds the secrets of a run that was killed.
        let name = OsString::from(format!(".{name}.part"));
        mkdirat(&parent, &name, FOLDER_MODE).map_err(|error| match std::io::Error::from(error) {
            error if error.kind() == ErrorKind::AlreadyExists => Stop::Failed(format!(
                "{}: left by an import that was killed, with secrets in plain text; nothing was written: remove it",
                shown(&path.with_file_name(&name))
            )),
            error => fail(error),
        })?;
        let opened = openat(&parent, &name, flags | OFlags::NOFOLLOW, Mode::empty());
        let folder = opened.map_err(|error| fail(error.into()))?;
        let mut staged =
            PrivateFolder { parent, folder, files: Vec::new(), name: Some(name), path: path.clone() };
        staged.fill(import, script).map_err(fail)?;
        Ok(Some(staged))
    }

    fn fill(&mut self, import: &Import, script: Option<&str>) -> std::io::Result<()> {
        // The first file: an unfinished folder is not for Git either.
        self.write(Path::new(IGNORE), b"*\n")?;
        if !import.secrets.is_empty() {
            mkdirat(&self.folder, SECRETS, FOLDER_MODE)?;
            self.files.push((PathBuf::from(SECRETS), AtFlags::REMOVEDIR));
        }
        for secret in &import.secrets {
            if let Some(content) = &secret.content {
                self.write(&Path::new(SECRETS).join(&secret.name), content.as_bytes())?;
            }
        }
        if let Some(script) = script {
            self.write(Path::new(SCRIPT), script.as_bytes())?;
        }
        sync(self.folder.as_fd())
    }

    /// Writes a new file for its owner alone.
    fn write(&mut self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&self.folder, path, flags, FILE_MODE)?);
        self.files.push((path.to_path_buf(), AtFlags::empty()));
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Gives the folder its name. It is removed again unless it is kept.
    pub(super) fn publish(&mut self) -> Result<(), Stop> {
        let (Some(from), Some(to)) = (self.name.clone(), self.path.file_name()) else { return Ok(()) };
        // A folder replaces no file, no link and no folder with files.
        let renamed = renameat(&self.parent, &from, &self.parent, to);
        renamed.map_err(|error| {
            failed(format!("{}: nothing was written", shown(&self.path)), &std::io::Error::from(error))
        })?;
        self.name = Some(to.to_owned());
        Ok(())
    }

    /// Keeps the folder, and returns its path.
    pub(super) fn keep(mut self) -> PathBuf {
        self.name = None;
        // The file beside it is on the disk, and the folder is worth no failure after that.
        let _ = sync(self.parent.as_fd());
        std::mem::take(&mut self.path)
    }
}

/// Writes the entries of a folder to the disk.
fn sync(folder: BorrowedFd) -> std::io::Result<()> {
    match rustix::fs::fsync(folder) {
        // Some file systems do not support it for folders.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOTSUP) => Ok(()),
        done => Ok(done?),
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        let Some(name) = &self.name else { return };
        for (path, flags) in self.files.iter().rev() {
            let _ = unlinkat(&self.folder, path, *flags);
        }
        let _ = unlinkat(&self.parent, name, AtFlags::REMOVEDIR);
    }
}
