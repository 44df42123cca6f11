//! Decodes keys of backups.

use super::{Decode, Reader};
use crate::ast::Stop;
use crate::setting::{Flag, OneOrMany};
use crate::tree::{Atom, Kind, Node};

impl Decode for Stop {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::Scalar(text) = &node.kind
            && (matches!(text.atom(), Atom::Bool(_)) || Flag::is_old_word(&text.value()))
        {
            return Flag::decode(node, reader).map(Stop::Writing);
        }
        OneOrMany::decode(node, reader).map(|names| Stop::Named(names.0))
    }
}
