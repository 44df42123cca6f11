//! A user of Valkey reaches only its own keys.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::AclPattern;
use crate::hir::Host;
use crate::tree::{Node, Text};
use crate::value::Value;

/// The most patterns that one pattern is compared with. Real users have a few.
const MAX_COMPARED: usize = 100;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let users = host.valkey.iter().flat_map(|valkey| &valkey.users.entries);
    let mut patterns: Vec<(&Text, &Value<AclPattern>)> =
        users.flat_map(|(name, user)| user.keys.iter().map(move |pattern| (name, pattern))).collect();
    // In the order of their texts, a pattern is followed by those that it may overlap.
    patterns.sort_by(|a, b| a.1.value.prefix().cmp(b.1.value.prefix()));
    for (at, (name, pattern)) in patterns.iter().enumerate() {
        let follows = patterns[at + 1..].iter().take(MAX_COMPARED);
        let begins = |(_, other): &&(&Text, &Value<AclPattern>)| {
            other.value.prefix().starts_with(pattern.value.prefix())
        };
        let is_other = |(other, _): &&(&Text, &Value<AclPattern>)| other.value() != name.value();
        let mut overlapping = follows.take_while(begins).filter(is_other);
        // One diagnostic for each pattern.
        let Some((other, second)) = overlapping.find(|(_, other)| pattern.value.may_overlap(&other.value))
        else {
            continue;
        };
        let mut both = [(*name, *pattern), (*other, *second)];
        both.sort_by_key(|(_, pattern)| pattern.text.span);
        let [(first, earlier), (later, here)] = both;
        diagnostics.push(
            Diagnostic::new(
                Code::KeysOverlap,
                format!(
                    "the users `{}` and `{}` of Valkey reach the same keys",
                    first.value(),
                    later.value()
                ),
                here.text.span,
                format!("keys of `{}`", later.value()),
            )
            .and(earlier.text.span, format!("keys of `{}`", first.value()))
            .help("give each user a prefix of its own, such as `NAME:*`, if the program lets you set it"),
        );
    }
}
