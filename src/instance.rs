//! A use of a preset, with the arguments of its parameters.

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;

use crate::source::Span;
use crate::syntax::Node;

/// One use of a preset.
#[derive(Debug)]
pub struct Instance {
    /// The service that uses the preset.
    pub service: String,
    /// The name of the service as a value, `${service}` in the preset.
    pub name: Node,
    /// Every parameter with its argument or default.
    pub arguments: IndexMap<String, Node>,
    /// The parameters with a missing or invalid argument; a diagnostic was emitted.
    pub missing: Vec<String>,
    /// The parameters without a default, which are required.
    pub required: Vec<String>,
    /// The first use of each parameter in the preset: the keys on the path to it, separated by dots.
    pub uses: HashMap<String, String>,
    /// The parameters that conditions of the preset depend on.
    pub conditions: BTreeSet<String>,
    /// The parameters that parts with a false condition use, each with the condition.
    pub conditional: HashMap<String, String>,
    /// The preset's containers that the user removed with `~`, with the spans.
    pub removed: Vec<(String, Span)>,
}
