//! The files around a Compose project.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use homegen::limits::MAX_BYTES;
use homegen::project::{FileKind, ProjectFiles, Unread};

/// The disk, seen from the folder of a project.
pub(super) struct Disk {
    /// The folder of the project.
    folder: PathBuf,
    /// The folder below which files can be read, without symbolic links.
    root: PathBuf,
    /// Files that the command line names, which can be anywhere.
    named: Vec<String>,
}

impl Disk {
    /// The disk around `folder`. Files below `root`, and those in `named`, can be read.
    pub(super) fn new(folder: &Path, root: &Path, named: Vec<String>) -> std::io::Result<Disk> {
        Ok(Disk { folder: folder.to_path_buf(), root: root.canonicalize()?, named })
    }

    /// The real path of a file, unless it is outside of the root.
    fn find(&self, path: &str) -> Result<PathBuf, Unread> {
        let full = self.folder.join(path);
        let real = full.canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Unread::Absent,
            _ => Unread::Failed(error.to_string()),
        })?;
        let is_inside = real.starts_with(&self.root) || self.named.iter().any(|named| named == path);
        if is_inside { Ok(real) } else { Err(Unread::Outside) }
    }
}

impl ProjectFiles for Disk {
    fn read(&self, path: &str) -> Result<String, Unread> {
        let real = self.find(path)?;
        let fail = |error: std::io::Error| Unread::Failed(error.to_string());
        // A FIFO or a device would block, or never end.
        if !real.metadata().map_err(fail)?.is_file() {
            return Err(Unread::Failed("not a regular file".to_owned()));
        }
        let mut bytes = Vec::new();
        let file = File::open(&real).map_err(fail)?;
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
        if bytes.len() > MAX_BYTES {
            return Err(Unread::Failed(format!("the file is larger than {} MiB", MAX_BYTES >> 20)));
        }
        String::from_utf8(bytes).map_err(|_| Unread::Failed("the file is not UTF-8 text".to_owned()))
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        let metadata = self.find(path).ok()?.metadata().ok()?;
        Some(if metadata.is_dir() { FileKind::Folder } else { FileKind::File })
    }
}
