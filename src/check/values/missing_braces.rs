//! `$ids.uid` is a text, and `${ids.uid}` a reference to a constant.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics, Fix};
use crate::hir::Host;
use crate::source::{SourceId, Span};
use crate::tree::{Kind, Node, Text};

pub(super) fn check(host: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    let Some(constants) = &host.constants else { return };
    let mut names = HashSet::new();
    scalars(constants, String::new(), &mut names);
    let mut found = IndexMap::new();
    below(file, &names, &mut found);
    for (span, Found { name, behind }) in found {
        let diagnostic = Diagnostic::new(
            Code::BadReference,
            format!("`${name}` is a text, not a reference"),
            span,
            format!("expected `${{{name}}}`"),
        )
        .help(format!("write `\"${{{name}}}{behind}\"`"))
        .fix(Fix::likely(span, format!("\"${{{name}}}{behind}\"")));
        // A key that takes any text may hold a variable of a shell or of the application.
        if name.contains('.') {
            diagnostics.push(diagnostic.clone().yields());
        }
        diagnostics.push(diagnostic.explains());
    }
}

/// A constant's name after a `$`, and the rest of the value.
struct Found {
    name: String,
    behind: String,
}

/// The paths of the constants that are scalars, such as `ids.uid`.
fn scalars(node: &Node, path: String, found: &mut HashSet<String>) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                let dot = if path.is_empty() { "" } else { "." };
                scalars(&entry.value, format!("{path}{dot}{}", entry.key.value()), found);
            }
        }
        Kind::Scalar(_) => {
            found.insert(path);
        }
        _ => {}
    }
}

fn below(node: &Node, names: &HashSet<String>, found: &mut IndexMap<Span, Found>) {
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| below(&entry.value, names, found)),
        Kind::List(items) => items.iter().for_each(|item| below(item, names, found)),
        Kind::Scalar(text) if node.defined.is_none() && text.span.source == SourceId::FILE => {
            found.extend(scalar(text, names).map(|constant| (text.span, constant)));
        }
        _ => {}
    }
}

fn scalar(text: &Text, names: &HashSet<String>) -> Option<Found> {
    let value = text.value();
    let rest = value.strip_prefix('$').filter(|_| text.is_literal())?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let (name, behind) = rest.split_at(rest.find(|c| !is_name(c)).unwrap_or(rest.len()));
    let is_constant = names.contains(name) && !behind.contains(char::is_whitespace);
    is_constant.then(|| Found { name: name.to_owned(), behind: behind.to_owned() })
}
