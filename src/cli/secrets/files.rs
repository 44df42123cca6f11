//! The encrypted files on the disk.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use homegen::file_context::{EncryptedFiles, FoundFile, SopsConfiguration, Trial};
use homegen::recipient_record::{self, RecipientRecord};
use homegen::sops;
use rustix::fs::OFlags;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::age;
use crate::cli::{Stop, failed, shown};

/// The greatest file that is hashed. homegen records only the files of short secrets.
const MAX_HASHED: u64 = 1 << 20;

/// The greatest `.sops.yaml` and `recipients.json`.
const MAX_TEXT: u64 = 1 << 20;

/// The levels of folders in the folder of agenix that are searched for files, and the most files.
const MAX_LEVELS: usize = 8;
const MAX_FILES: usize = 10_000;

/// The most folders above the file in which sops looks for its configuration (`maxDepth` in getsops/sops,
/// config/config.go).
const MAX_ABOVE: usize = 100;

/// The files beside a compiled file.
pub(super) struct Files<'a> {
    folder: PathBuf,
    identities: Vec<&'a Path>,
    /// The public keys of the identities. Empty if one of them is not known.
    public_keys: Vec<String>,
    /// The first failure, which ends the run.
    failure: Mutex<Option<Stop>>,
}

impl<'a> Files<'a> {
    /// The files in `folder`, and the identities that are tried.
    pub(super) fn new(folder: PathBuf, identities: &'a [PathBuf]) -> Result<Files<'a>, Stop> {
        let mut public_keys = Vec::new();
        let mut are_known = true;
        for identity in identities {
            File::open(identity).map_err(|error| failed(shown(identity), &error))?;
            let keys = age::public_keys(identity)?;
            are_known &= !keys.is_empty();
            public_keys.extend(keys);
        }
        if !are_known {
            public_keys.clear();
        }
        let identities = identities.iter().map(PathBuf::as_path).collect();
        Ok(Files { folder, identities, public_keys, failure: Mutex::new(None) })
    }

    /// Fails if a file could not be examined.
    pub(super) fn check(&self) -> Result<(), Stop> {
        match self.failure.lock().map(|mut failure| failure.take()) {
            Ok(Some(stop)) => Err(stop),
            _ => Ok(()),
        }
    }

    /// The value of `done`, or `None` after its failure was kept for [`Files::check`].
    fn kept<T>(&self, done: Result<T, Stop>) -> Option<T> {
        done.map_err(|stop| {
            if let Ok(mut failure) = self.failure.lock() {
                failure.get_or_insert(stop);
            }
        })
        .ok()
    }
}

/// Opens a regular file, without following a link at its end and without waiting for the writer of a FIFO.
fn open(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// The text of a file, if there is one.
fn text(path: &Path) -> Result<Option<String>, Stop> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(shown(path), &error)),
    };
    let mut text = String::new();
    match file.take(MAX_TEXT + 1).read_to_string(&mut text) {
        Ok(length) if length as u64 > MAX_TEXT => {
            Err(Stop::Failed(format!("{}: the file is larger than {} MiB", shown(path), MAX_TEXT >> 20)))
        }
        Ok(_) => Ok(Some(text)),
        Err(error) => Err(failed(shown(path), &error)),
    }
}

/// The record of recipients in a folder.
pub(super) fn record(folder: &Path) -> Result<RecipientRecord, Stop> {
    let path = folder.join(recipient_record::PATH);
    let Some(text) = text(&path)? else { return Ok(RecipientRecord::default()) };
    RecipientRecord::read(&text).map_err(|why| {
        Stop::Failed(format!(
            "{}: not a record of recipients: {why}; restore the file, for example from Git, or remove it",
            shown(&path)
        ))
    })
}

/// The hash of a file's bytes in a record.
pub(super) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file beside `path` with `bytes`, on the disk, to be moved to `path` in one step. Everybody may read it: an encrypted file
/// belongs into Git.
pub(super) fn write(path: &Path, bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let permissions = Permissions::from_mode(0o644);
    let file = tempfile::Builder::new().prefix(".homegen.").permissions(permissions).tempfile_in(folder);
    // The caller names the path: the message of tempfile has the path of the temporary file.
    let mut file = file.map_err(|error| std::io::Error::from(error.kind()))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

impl EncryptedFiles for Files<'_> {
    fn read(&self, path: &str, most: usize) -> FoundFile {
        let path = self.folder.join(path);
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return FoundFile::Absent;
            }
            Err(error) => return FoundFile::Unreadable(format!("cannot be read: {error}")),
        };
        if metadata.is_symlink() {
            // A link to nothing is a missing file.
            return if path.exists() { FoundFile::Link } else { FoundFile::Absent };
        }
        if metadata.is_dir() {
            return FoundFile::Unreadable("is a folder".to_owned());
        }
        if !metadata.is_file() {
            return FoundFile::Unreadable("is not a regular file".to_owned());
        }
        let read = || -> std::io::Result<FoundFile> {
            let mut file = open(&path)?;
            let mut start = Vec::new();
            (&file).take(most as u64).read_to_end(&mut start)?;
            if metadata.len() > MAX_HASHED {
                return Ok(FoundFile::File(start, String::new()));
            }
            file.rewind()?;
            let mut all = Vec::new();
            file.take(MAX_HASHED).read_to_end(&mut all)?;
            Ok(FoundFile::File(start, hash(&all)))
        };
        read().unwrap_or_else(|error| FoundFile::Unreadable(format!("cannot be read: {error}")))
    }

    fn below(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![(folder.to_owned(), 0)];
        while let Some((folder, level)) = open.pop() {
            let Ok(entries) = std::fs::read_dir(self.folder.join(&folder)) else { continue };
            for entry in entries.flatten().take(MAX_FILES) {
                let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && level < MAX_LEVELS => open.push((path, level + 1)),
                    Ok(kind) if !kind.is_dir() && found.len() < MAX_FILES => found.push(path),
                    _ => {}
                }
            }
        }
        found.sort();
        found
    }

    fn record(&self, folder: &str) -> Option<RecipientRecord> {
        self.kept(record(&self.folder.join(folder)))
    }

    fn sops_configuration(&self) -> Option<SopsConfiguration> {
        let folder =
            self.kept(self.folder.canonicalize().map_err(|error| failed(shown(&self.folder), &error)))?;
        for above in folder.ancestors().take(MAX_ABOVE) {
            let Some(text) = self.kept(text(&above.join(sops::CONFIGURATION)))? else { continue };
            let below = folder.strip_prefix(above).unwrap_or(Path::new(""));
            let steps = below.components().filter_map(|step| match step {
                Component::Normal(name) => Some(name.to_string_lossy()),
                _ => None,
            });
            return Some(SopsConfiguration { to_source: steps.collect::<Vec<_>>().join("/"), text });
        }
        None
    }

    fn identities(&self) -> Vec<String> {
        self.public_keys.clone()
    }

    fn try_identities(&self, path: &str) -> Trial {
        if self.identities.is_empty() || self.failure.lock().is_ok_and(|failure| failure.is_some()) {
            return Trial::None;
        }
        let path = self.folder.join(path);
        let opened = open(&path).map_err(|error| failed(shown(&path), &error));
        self.kept(opened.and_then(|file| age::open(file, &self.identities))).unwrap_or(Trial::None)
    }
}
