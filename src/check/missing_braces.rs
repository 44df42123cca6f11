//! `$ids.uid` is a text, and `${ids.uid}` a reference to a constant.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::source::SourceId;
use crate::tree::{Kind, Node, Text};

pub(super) fn check(host: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    let Some(constants) = &host.constants else { return };
    let mut names = HashSet::new();
    scalars(constants, String::new(), &mut names);
    below(file, &names, diagnostics);
}

/// The paths of the constants that are scalars and in a group, such as `ids.uid`.
fn scalars(node: &Node, path: String, found: &mut HashSet<String>) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                let dot = if path.is_empty() { "" } else { "." };
                scalars(&entry.value, format!("{path}{dot}{}", entry.key.value()), found);
            }
        }
        Kind::Scalar(_) if path.contains('.') => {
            found.insert(path);
        }
        _ => {}
    }
}

fn below(node: &Node, names: &HashSet<String>, diagnostics: &mut Diagnostics) {
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| below(&entry.value, names, diagnostics)),
        Kind::List(items) => items.iter().for_each(|item| below(item, names, diagnostics)),
        Kind::Scalar(text) if node.defined.is_none() && text.span.source == SourceId::FILE => {
            scalar(text, names, diagnostics);
        }
        _ => {}
    }
}

fn scalar(text: &Text, names: &HashSet<String>, diagnostics: &mut Diagnostics) {
    let value = text.value();
    let Some(rest) = value.strip_prefix('$').filter(|_| text.is_literal()) else { return };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let (name, behind) = rest.split_at(rest.find(|c| !is_name(c)).unwrap_or(rest.len()));
    if !names.contains(name) || behind.contains(char::is_whitespace) || diagnostics.has_error_in(text.span) {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::BadReference,
            format!("`${name}` is a text, not a reference"),
            text.span,
            "the braces are missing",
        )
        .help(format!("write `\"${{{name}}}{behind}\"`")),
    );
}
