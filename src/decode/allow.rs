//! Reads what the file accepts.

use super::{Decode, wrong_type};
use crate::ast::Allow;
use crate::diag::{Code, Diagnostic, Diagnostics, suggestion};
use crate::source::Span;
use crate::tree::{Atom, Kind, Node};

impl Decode for Allow {
    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            wrong_type(node, "a mapping of CODE: \"reason\"", diagnostics);
            return None;
        };
        let mut allow = Allow::default();
        for entry in entries {
            let (name, span) = (entry.key.value(), entry.key.span);
            let mut refuse = |message: String, label: &str, help: String| {
                diagnostics.push(Diagnostic::new(Code::BadValue, message, span, label).help(help));
            };
            let has_reason = matches!(&entry.value.kind, Kind::Scalar(text) if matches!(text.atom(), Atom::Str(reason) if !reason.trim().is_empty()));
            match Code::from_code(&name) {
                None => {
                    let codes = Code::ALL.iter().filter(|c| c.can_be_allowed()).map(|c| c.code());
                    refuse(format!("there is no code `{name}`"), "unknown code", suggestion(&name, codes));
                }
                Some(code) if !code.can_be_allowed() => refuse(
                    format!("{name} cannot be allowed: {}", code.title()),
                    "what it is about could not work",
                    format!("take it out, and mend what `homegen explain {name}` describes"),
                ),
                Some(_) if !has_reason => refuse(
                    format!("{name} is allowed without a reason"),
                    "why?",
                    format!("write `{name}: \"…\"` with the reason, for whoever reads the file next"),
                ),
                Some(code) => allow.0.push((code, span)),
            }
        }
        Some(allow)
    }

    fn absent(_: &str, _: Span, _: &mut Diagnostics) -> Option<Self> {
        Some(Allow::default())
    }

    fn unreadable() -> Option<Self> {
        Some(Allow::default())
    }
}
