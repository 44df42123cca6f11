//! What stands around the file on the disk, as far as rules ask. Whoever calls the compiler looks; nothing
//! in it does.

use crate::record::Record;

/// What stands around a file. Where nobody can look, nothing is said of it.
#[derive(Default)]
pub struct Surroundings<'a> {
    /// Whether a path, relative to the folder of the file, exists.
    pub exists: Option<&'a (dyn Fn(&str) -> bool + Sync)>,
    /// What the last build of the output left.
    pub last_build: Option<&'a Record>,
}
