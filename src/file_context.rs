//! Facts about the file system that rules need. The caller of the compiler provides them; the compiler itself does
//! not access the disk.

use crate::lock::Lock;
use crate::recipient_record::RecipientRecord;
use crate::record::Record;

/// The context of a file. Rules about a missing part emit no diagnostic.
#[derive(Default)]
pub struct FileContext<'a> {
    /// Returns true if a path, relative to the folder of the file, is a regular file.
    pub exists: Option<&'a (dyn Fn(&str) -> bool + Sync)>,
    /// The record of the last build.
    pub last_build: Option<&'a Record>,
    /// The lock file.
    pub lock: Option<&'a Lock>,
    /// The encrypted files, for `homegen secrets audit`.
    pub encrypted: Option<&'a dyn EncryptedFiles>,
}

/// The encrypted files of the secrets. Paths are relative to the compiled file.
pub trait EncryptedFiles: Sync {
    /// The file at a path, with at most `most` bytes.
    fn read(&self, path: &str, most: usize) -> FoundFile;

    /// The paths below a folder, for files that no secret declares.
    fn below(&self, folder: &str) -> Vec<String>;

    /// The record of recipients in a folder.
    fn record(&self, folder: &str) -> Option<RecipientRecord>;

    /// The configuration of sops.
    fn sops_configuration(&self) -> Option<SopsConfiguration>;

    /// The public keys of the caller's identities. Empty if one of them is not known.
    fn identities(&self) -> Vec<String>;

    /// Tries to decrypt a file with the caller's identities.
    fn try_identities(&self, path: &str) -> Trial;
}

/// The entry at a path.
#[derive(Clone, Debug)]
pub enum FoundFile {
    /// Nothing.
    Absent,
    /// A file: the start of its content, and the SHA-256 hash of all of it.
    File(Vec<u8>, String),
    /// A symbolic link.
    Link,
    /// Anything else, or a file that cannot be read. The text is a fact about it, such as `is a folder`.
    Unreadable(String),
}

/// `.sops.yaml`.
#[derive(Clone, Debug)]
pub struct SopsConfiguration {
    /// The path from the folder of the configuration to the compiled file: `hosts/box`, or empty.
    pub to_source: String,
    /// The text.
    pub text: String,
}

/// The result of a trial to decrypt a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// There are no identities.
    None,
    /// An identity opens the file.
    Opens,
    /// No identity opens the file.
    Fails,
    /// An identity opens the header, and the rest is damaged or cut off.
    Damaged,
}

/// The hash of a file, by its path relative to the compiled file. `None` if there is no such file.
pub type HashOf<'a> = &'a dyn Fn(&str) -> Option<String>;
