//! A folder of secrets in plain text, each in a file with its name.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat, unlinkat};
use zeroize::Zeroizing;

use crate::cli::{Stop, failed, shown};

/// The longest secret.
const MAX_SECRET: u64 = 1 << 20;

/// The most files in a folder.
const MAX_FILES: usize = 10_000;

/// A folder of secrets. It stays the same folder if its path leads to another one meanwhile.
pub(super) struct PlainFolder {
    folder: OwnedFd,
    path: PathBuf,
}

/// A secret in plain text.
pub(super) struct PlainSecret {
    /// The name of the file.
    pub(super) name: String,
    /// The content.
    pub(super) content: Zeroizing<Vec<u8>>,
    file: File,
}

impl PlainFolder {
    pub(super) fn open(path: &Path) -> Result<PlainFolder, Stop> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = openat(CWD, path, flags, Mode::empty());
        let folder = folder.map_err(|error| failed(shown(path), &error.into()))?;
        Ok(PlainFolder { folder, path: path.to_path_buf() })
    }

    /// The path of a file in the folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The names of the files, sorted, without hidden ones.
    pub(super) fn names(&self) -> Result<Vec<OsString>, Stop> {
        let fail = |error: rustix::io::Errno| failed(shown(&self.path), &error.into());
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name().to_bytes();
            if !name.starts_with(b".") && names.len() < MAX_FILES {
                names.push(std::os::unix::ffi::OsStringExt::from_vec(name.to_vec()));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Reads a secret.
    pub(super) fn read(&self, name: &str) -> Result<PlainSecret, Stop> {
        let path = self.path(name);
        let wrong = |why: &str| Err(Stop::Failed(format!("{}: {why}; no file was changed", shown(&path))));
        let at = |error: std::io::Error| failed(shown(&path), &error);
        let stat = statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| at(error.into()))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return wrong("not a regular file");
        }
        // Writable, because the content is overwritten in the end.
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = openat(&self.folder, name, flags, Mode::empty()).map_err(|error| at(error.into()))?;
        let mut file = File::from(opened);
        let metadata = file.metadata().map_err(at)?;
        if !metadata.is_file() {
            return wrong("not a regular file");
        }
        if metadata.nlink() != 1 {
            return wrong("the file has another hard link, whose content would be overwritten too");
        }
        if metadata.len() == 0 {
            return wrong("the file is empty");
        }
        if metadata.len() > MAX_SECRET {
            return wrong("the file is larger than 1 MiB");
        }
        // The room for one byte more: the vector never grows, which would leave a copy behind.
        let length = metadata.len() as usize;
        let mut content = Zeroizing::new(vec![0; length + 1]);
        let mut read = 0;
        while read < content.len() {
            match file.read(&mut content[read..]).map_err(at)? {
                0 => break,
                more => read += more,
            }
        }
        if read != length {
            return wrong("another program changed the file meanwhile");
        }
        content.truncate(length);
        Ok(PlainSecret { name: name.to_owned(), content, file })
    }

    /// Overwrites and removes the file of a secret.
    pub(super) fn remove(&self, secret: &mut PlainSecret) -> Result<(), Stop> {
        let path = self.path(&secret.name);
        let mut done = || -> std::io::Result<()> {
            secret.file.rewind()?;
            secret.file.write_all(&vec![0; secret.content.len()])?;
            secret.file.sync_all()?;
            unlinkat(&self.folder, secret.name.as_str(), AtFlags::empty())?;
            Ok(())
        };
        done().map_err(|error| {
            failed(format!("{}: encrypted, but not removed: remove it", shown(&path)), &error)
        })
    }

    /// Removes the folder if it is empty.
    pub(super) fn remove_if_empty(self) -> bool {
        let _ = rustix::fs::fsync(&self.folder);
        std::fs::remove_dir(&self.path).is_ok()
    }
}
