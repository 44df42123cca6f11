//! Reads what stands beside the services.

use super::{Decode, bad_value, wrong_type};
use crate::ast::file::{Prune, TimeZone};
use crate::ast::scalar::{Calendar, Flag};
use crate::diag::Diagnostics;
use crate::tree::{Atom, Kind, Node};

impl Decode for TimeZone {
    fn unreadable() -> Option<Self> {
        Decode::unreadable().map(TimeZone)
    }

    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let Kind::Scalar(text) = &node.kind else {
            wrong_type(node, "a time zone such as Europe/Berlin", diagnostics);
            return None;
        };
        let part =
            |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b));
        if text.value().split('/').all(part) && matches!(text.atom(), Atom::Str(_)) {
            return Some(TimeZone(text.clone()));
        }
        bad_value(node, "a time zone such as Europe/Berlin", diagnostics);
        None
    }
}

impl Decode for Prune {
    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        if let Kind::Scalar(text) = &node.kind
            && let Atom::Bool(_) = text.atom()
        {
            let flag = Flag::decode(node, diagnostics)?;
            if flag.value {
                bad_value(node, "false, or a time such as weekly", diagnostics);
                return None;
            }
            return Some(Prune::Never);
        }
        Calendar::decode(node, diagnostics).map(Prune::At)
    }
}
