//! Decodes `allow`: the diagnostics that the file accepts.

use super::{Decode, Reader, wrong_scalar};
use crate::diag::{Code, Diagnostic, suggestion};
use crate::setting::Allow;
use crate::source::Span;
use crate::tree::{Atom, Kind, Node};

/// The strings of a list, or the one string.
fn texts(node: &Node) -> Vec<String> {
    match &node.kind {
        Kind::Scalar(text) => vec![text.value()],
        Kind::List(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

impl Decode for Allow {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            let codes: Vec<Code> = texts(node).iter().filter_map(|code| Code::from_code(code)).collect();
            let reasons: Vec<String> = codes
                .iter()
                .filter(|c| c.can_be_allowed())
                .map(|c| format!("{}: \"REASON\"", c.code()))
                .collect();
            let help = match (codes.first(), reasons.is_empty()) {
                (None, _) => None,
                (Some(code), true) => Some(format!("remove it: {} cannot be allowed", code.code())),
                (Some(_), false) => Some(format!("write `{{ {} }}`", reasons.join(", "))),
            };
            wrong_scalar(node, "a mapping of `CODE: \"reason\"`", help.map(Into::into), reader);
            // The codes count as accepted, so that the missing reasons are the only mistake.
            return Some(Allow(
                codes.into_iter().filter(|c| c.can_be_allowed()).map(|code| (code, node.span)).collect(),
            ));
        };
        let mut allow = Allow::default();
        for entry in entries {
            let (name, span) = (entry.key.value(), entry.key.span);
            let mut refuse = |message: String, label: &str, help: String| {
                reader.push(Diagnostic::new(Code::BadValue, message, span, label).help(help));
            };
            let has_reason = match &entry.value.kind {
                Kind::Scalar(text) => matches!(text.atom(), Atom::Str(reason) if !reason.trim().is_empty()),
                // A diagnostic about the reason was emitted.
                kind => matches!(kind, Kind::Unknown),
            };
            match Code::from_code(&name) {
                None => {
                    let codes = Code::ALL.iter().filter(|c| c.can_be_allowed()).map(|c| c.code());
                    refuse(format!("there is no code `{name}`"), "unknown code", suggestion(&name, codes));
                }
                Some(Code::UnusedAllow) => refuse(
                    format!("{name} cannot be allowed"),
                    "reports an `allow` that has no effect",
                    format!("remove {name}, and each `allow` that it reports"),
                ),
                Some(code) if !code.can_be_allowed() => refuse(
                    format!("{name} cannot be allowed"),
                    "without a correction, the output could not work",
                    format!("remove {name}, and correct the mistake that `homegen explain {name}` describes"),
                ),
                Some(code) if !has_reason => {
                    refuse(
                        format!("{name} is allowed without a reason"),
                        "expected a reason",
                        format!("write `{name}: \"REASON\"`"),
                    );
                    allow.0.push((code, span));
                }
                Some(code) => allow.0.push((code, span)),
            }
        }
        Some(allow)
    }

    fn absent(_: Span) -> Option<Self> {
        Some(Allow::default())
    }

    fn unreadable() -> Option<Self> {
        Some(Allow::default())
    }
}
