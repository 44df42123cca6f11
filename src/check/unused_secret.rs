//! A secret is declared because something reads it.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Kind, Node};

pub(super) fn check(host: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    // A name that is written wrong, or could not be read, is said, and may be the use that seems to be missing.
    if host.secrets.is_empty()
        || diagnostics.has(Code::UnknownSecret)
        || diagnostics.has(Code::SecretFormat)
        || diagnostics.has_unreadable_in(file.span)
    {
        return;
    }
    let mut named = HashSet::new();
    let mut expressions = String::new();
    let Kind::Map(entries) = &file.kind else { return };
    // Wherever the name stands it may be meant: in a part that could not be read, or in Nix of the user's.
    for entry in entries.iter().filter(|e| !matches!(e.key.value().as_str(), "secrets" | "constants")) {
        below(&entry.value, &mut named, &mut expressions);
    }
    let words: HashSet<&str> =
        expressions.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-')).collect();
    for (name, secret) in &host.secrets {
        let span = secret.declared.as_ref().map_or(secret.span, |d| d.span);
        let wrong = [span, secret.span].into_iter().any(|s| diagnostics.has_error_in(s));
        if !named.contains(name) && !words.contains(name.as_str()) && !wrong {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnusedSecret,
                    format!("nothing uses the secret `{name}`"),
                    secret.span,
                    "would be decrypted for nobody",
                )
                .help("use it, or take it out"),
            );
        }
    }
}

fn below(node: &Node, named: &mut HashSet<String>, expressions: &mut String) {
    match &node.kind {
        Kind::Scalar(text) => {
            let value = text.value();
            // A path such as /run/agenix/NAME is a use as well.
            if value.contains("/agenix/") {
                expressions.push_str(&value);
                expressions.push('\n');
            }
            named.insert(value);
        }
        Kind::Nix(code) => {
            expressions.push_str(code);
            expressions.push('\n');
        }
        Kind::List(items) => items.iter().for_each(|item| below(item, named, expressions)),
        Kind::Map(entries) => entries.iter().for_each(|entry| below(&entry.value, named, expressions)),
        Kind::Unknown => {}
    }
}
