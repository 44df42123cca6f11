//! A database and a user of Valkey have what the program that uses them needs.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{AclPattern, Form};
use crate::hir::{Container, Host};
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        if let Some((name, database)) = host.database(container)
            && !database.unreadable.may_hold(&["extensions"])
        {
            let needed = container.settings.image.value.postgres_extensions().iter();
            let is_there = |needed: &str| database.extensions.iter().any(|has| has.text.value() == needed);
            let missing: Vec<&str> = needed.copied().filter(|needed| !is_there(needed)).collect();
            report(container, name, "extensions", &missing, diagnostics);
        }
        if let Some((name, user)) = host.valkey_user(container) {
            let image = &container.settings.image.value;
            let is_granted = |needed: &str| user.allow.iter().any(|has| has.text.value() == needed);
            let missing: Vec<&str> =
                image.valkey_allow().iter().copied().filter(|needed| !is_granted(needed)).collect();
            // A user without words, or without keys, has a diagnostic of its own.
            if !user.allow.is_empty() && !user.unreadable.may_hold(&["allow"]) {
                report(container, name, "allow", &missing, diagnostics);
            }
            let is_covered = |needed: &str| {
                AclPattern::parse(needed)
                    .is_none_or(|needed| user.keys.iter().any(|pattern| pattern.value.covers(&needed)))
            };
            let missing: Vec<&str> =
                image.valkey_keys().iter().copied().filter(|needed| !is_covered(needed)).collect();
            if !user.keys.is_empty() && !user.unreadable.may_hold(&["keys"]) {
                report(container, name, "keys", &missing, diagnostics);
            }
        }
    }
}

/// Reports the values that the list `key` of the database or user `name` lacks.
fn report(container: &Container, name: &Text, key: &str, missing: &[&str], diagnostics: &mut Diagnostics) {
    if missing.is_empty() || name.span == Span::PLACEHOLDER {
        return;
    }
    let program = container.settings.image.value.known().map_or("the program", |known| known.name);
    let listed = missing.iter().map(|one| match one.contains('*') {
        true => format!("\"{one}\""),
        false => (*one).to_owned(),
    });
    let listed = listed.collect::<Vec<_>>().join(", ");
    diagnostics.push(
        Diagnostic::new(
            Code::ServerNeeds,
            format!("`{key}` of `{}` lacks what {program} needs", name.value()),
            name.span,
            format!("without {listed}"),
        )
        .and(container.settings.image.text.span, format!("used by {program}"))
        .help(format!("add {listed} to `{key}`")),
    );
}
