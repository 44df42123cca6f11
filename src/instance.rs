//! A use of a preset: what its parameters stand for.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::source::Span;
use crate::syntax::Node;

/// One use of a preset.
#[derive(Debug)]
pub struct Instance {
    /// The service that starts from it.
    pub service: String,
    /// Its name as a value, which the preset calls `${service}`.
    pub name: Node,
    /// Every parameter with its argument or default.
    pub arguments: IndexMap<String, Node>,
    /// The parameters that were not given, or are not what the preset takes. It was said.
    pub missing: Vec<String>,
    /// The parameters without a default, which nobody can leave out.
    pub required: Vec<String>,
    /// Where the preset uses each parameter first: the keys that lead there, with dots between them.
    pub uses: HashMap<String, String>,
    /// The preset's containers that the user removed with `~`, and where.
    pub removed: Vec<(String, Span)>,
}
