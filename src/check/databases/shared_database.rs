//! A database belongs to one service: two applications in one database overwrite each other's tables, and each can read the
//! data of the other.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Id, Service};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut users: HashMap<String, (&Id<Service>, Span)> = HashMap::new();
    for service in &host.services {
        for name in service.containers.iter().filter_map(|container| container.uses.postgres.as_ref()) {
            let written = name.text.value();
            let (first, span) = *users.entry(written.clone()).or_insert((&service.name, name.text.span));
            if first == &service.name {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(
                    Code::SharedDatabase,
                    format!("the services `{first}` and `{}` use the database `{written}`", service.name),
                    name.text.span,
                    format!("used by `{}`", service.name),
                )
                .and(span, format!("used by `{first}`"))
                .help(format!("declare a database for `{}` under `postgres`, and use it here", service.name)),
            );
        }
    }
}
