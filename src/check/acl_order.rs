//! The rules of an ACL apply from left to right, so what is granted after `-@dangerous` is granted
//! (<https://valkey.io/topics/acl/>): FLUSHALL is in @write, KEYS in @read.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::source::Span;
use crate::tree::Node;

/// Categories that hold dangerous commands.
const GRANTS: &[&str] = &[
    "+@all",
    "allcommands",
    "+@read",
    "+@write",
    "+@admin",
    "+@keyspace",
    "+@slow",
    "+@fast",
    "+@connection",
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let compose = &container.compose;
        let mut words: Vec<(String, Span)> = Vec::new();
        for text in compose.command.iter().chain(&compose.entrypoint).flat_map(|c| &c.0) {
            words.extend(text.value().split_whitespace().map(|w| (w.to_owned(), text.span)));
        }
        find(&words, diagnostics);
        for (_, value) in &compose.environment.0 {
            let words: Vec<_> =
                value.value().split_whitespace().map(|w| (w.to_owned(), value.span)).collect();
            find(&words, diagnostics);
        }
    }
}

fn find(words: &[(String, Span)], diagnostics: &mut Diagnostics) {
    let Some(denied) = words.iter().position(|(word, _)| word == "-@dangerous") else { return };
    let again = words[denied + 1..]
        .iter()
        .take_while(|(word, _)| word != "user" && word != "--user")
        .find(|(word, _)| GRANTS.contains(&word.as_str()));
    if let Some((grant, span)) = again {
        diagnostics.push(
            Diagnostic::new(
                Code::AclOrder,
                format!("`{grant}` gives back what `-@dangerous` took"),
                *span,
                "the rules apply from left to right",
            )
            .help("write what is granted first, then `-@dangerous`, then the few commands that are still needed"),
        );
    }
}
