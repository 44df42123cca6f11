//! Facts about the file system that rules need. The caller of the compiler provides them; the compiler itself does
//! not access the disk.

use crate::lock::Lock;
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
}

/// The hash of a file, by its path relative to the compiled file. `None` if there is no such file.
pub type HashOf<'a> = &'a dyn Fn(&str) -> Option<String>;
