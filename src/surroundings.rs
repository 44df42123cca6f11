//! What stands around the file on the disk, as far as rules ask. Whoever calls the compiler looks; nothing
//! in it does.

use std::collections::HashMap;

/// What stands around a file.
#[derive(Default)]
pub struct Surroundings<'a> {
    /// Whether a path, relative to the folder of the file, exists. Without it nobody can tell, and nothing
    /// is said.
    pub exists: Option<&'a dyn Fn(&str) -> bool>,
    /// The containers of the output as it was last written, by name.
    pub containers: HashMap<String, Previous>,
}

/// A container of an earlier output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Previous {
    /// Its image.
    pub image: String,
    /// Its volumes, as Podman takes them. Those that cannot be read back are left out.
    pub volumes: Vec<String>,
}
