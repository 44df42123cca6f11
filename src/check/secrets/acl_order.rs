//! The rules of an ACL apply from left to right, so that a grant after `-@dangerous` takes effect
//! (<https://valkey.io/topics/acl/>): FLUSHALL is in @write, KEYS in @read.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Node, Text};

/// Categories that include dangerous commands.
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
        let settings = &container.settings;
        let command = settings.command.iter().chain(&settings.entrypoint).flat_map(|command| &command.0);
        find(command, diagnostics);
        settings.environment.0.iter().for_each(|(_, value)| find(std::iter::once(value), diagnostics));
    }
}

/// Reports a grant after `-@dangerous` among the words of these texts.
fn find<'a>(texts: impl Iterator<Item = &'a Text> + Clone, diagnostics: &mut Diagnostics) {
    let is_denial = |text: &&Text| text.value().split_whitespace().any(|word| word == "-@dangerous");
    let Some(begin) = texts.clone().position(|text| is_denial(&text)) else { return };
    let words = texts.skip(begin).flat_map(|text| {
        let value = text.value();
        value.split_whitespace().map(|word| (word.to_owned(), text.span)).collect::<Vec<_>>()
    });
    let again = words
        .skip_while(|(word, _)| word != "-@dangerous")
        .skip(1)
        .take_while(|(word, _)| word != "user" && word != "--user")
        .find(|(word, _)| GRANTS.contains(&word.as_str()));
    if let Some((grant, span)) = again {
        diagnostics.push(
            Diagnostic::new(
                Code::AclOrder,
                format!("`{grant}` grants commands that `-@dangerous` denies"),
                span,
                "the rules apply from left to right",
            )
            .help(format!(
                "move `{grant}` before `-@dangerous`, and grant single commands after it if they are needed"
            )),
        );
    }
}
