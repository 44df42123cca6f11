//! What stands around the file on the disk, as far as rules ask. Whoever calls the compiler looks; nothing
//! in it does.

/// Gives the text at a path, where there is one.
pub type Texts<'a> = dyn Fn(&str) -> Option<String> + Sync + 'a;

/// What stands around a file. Where nobody can look, nothing is said of it.
#[derive(Default)]
pub struct Surroundings<'a> {
    /// Whether a path, relative to the folder of the file, exists.
    pub exists: Option<&'a (dyn Fn(&str) -> bool + Sync)>,
    /// The text that homegen wrote at a path of the output when it last did.
    pub output: Option<&'a Texts<'a>>,
}
