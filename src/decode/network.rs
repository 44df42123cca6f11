//! Decodes networks.

use super::{Decode, Reader};
use crate::ast::Attachments;
use crate::setting::{Attachment, Map};
use crate::source::Span;
use crate::tree::{Kind, Node, Text};

impl Decode for Attachments {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let is_name = matches!(node.kind, Kind::Scalar(_)) && !node.is_null();
        if is_name || matches!(node.kind, Kind::List(_)) {
            let names = Vec::<Text>::decode(node, reader)?;
            let attached = |name: Text| (Attachment::empty(name.span), name);
            return Some(Attachments(
                names.into_iter().map(attached).map(|(plain, name)| (name, plain)).collect(),
            ));
        }
        Map::<Attachment>::decode(node, reader).map(|map| Attachments(map.entries))
    }

    fn absent(_: Span) -> Option<Self> {
        Some(Attachments::default())
    }

    fn unreadable() -> Option<Self> {
        Some(Attachments::default())
    }
}
