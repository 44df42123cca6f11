//! What stands around the file on the disk, as far as rules ask. Whoever calls the compiler looks; nothing
//! in it does.

/// What stands around a file. Where nobody can look, nothing is said of it.
#[derive(Default)]
pub struct Surroundings<'a> {
    /// Whether a path, relative to the folder of the file, exists.
    pub exists: Option<&'a dyn Fn(&str) -> bool>,
    /// The text that homegen wrote at a path of the output when it last did.
    pub output: Option<&'a dyn Fn(&str) -> Option<String>>,
}
