//! Reads networks.

use super::Decode;
use crate::ast::{Attachment, Attachments, Map};
use crate::diag::Diagnostics;
use crate::source::Span;
use crate::tree::{Kind, Node, Text};

impl Decode for Attachments {
    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let is_name = matches!(node.kind, Kind::Scalar(_)) && !node.is_null();
        if is_name || matches!(node.kind, Kind::List(_)) {
            let names = Vec::<Text>::decode(node, diagnostics)?;
            return Some(Attachments(names.into_iter().map(|name| (name, None)).collect()));
        }
        Map::<Option<Attachment>>::decode(node, diagnostics).map(|map| Attachments(map.0))
    }

    fn absent(_: &str, _: Span, _: &mut Diagnostics) -> Option<Self> {
        Some(Attachments::default())
    }

    fn unreadable() -> Option<Self> {
        Some(Attachments::default())
    }
}
