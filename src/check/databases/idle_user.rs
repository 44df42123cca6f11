//! A user of Valkey without keys or commands can do nothing.

use crate::diag::{Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let users = host.valkey.iter().flat_map(|valkey| &valkey.users.entries);
    for (name, user) in users {
        let keys = [
            ("keys", user.keys.is_empty(), "{ keys: [\"NAME:*\"] }"),
            ("allow", user.allow.is_empty(), "{ allow: [read, write] }"),
        ];
        for (key, is_empty, example) in keys {
            if is_empty && !user.unreadable.may_hold(&[key]) {
                let example = example.replace("NAME", &name.value());
                diagnostics.push(Diagnostic::missing_key(key, name.span, &example));
            }
        }
    }
}
