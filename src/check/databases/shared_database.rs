//! A database, or a user of Valkey, belongs to one service: two applications overwrite each other's data, and each can read
//! the data of the other.

use std::collections::HashMap;

use super::{Server, servers};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Id, Service};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for Server { key, noun, program, used, .. } in servers(host) {
        let mut users: HashMap<String, (&Id<Service>, Span)> = HashMap::new();
        for service in &host.services {
            for name in service.containers.iter().filter_map(used) {
                let written = name.value();
                let (first, span) = *users.entry(written.clone()).or_insert((&service.name, name.span));
                if first == &service.name {
                    continue;
                }
                diagnostics.push(
                    Diagnostic::new(
                        Code::SharedDatabase,
                        format!(
                            "the services `{first}` and `{}` share the {noun} `{written}` of {program}",
                            service.name
                        ),
                        name.span,
                        format!("used by `{}`", service.name),
                    )
                    .and(span, format!("used by `{first}`"))
                    .help(format!("declare a {noun} for `{}` under `{key}`, and use it here", service.name)),
                );
            }
        }
    }
}
