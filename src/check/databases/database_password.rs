//! A container needs the password of its database: the users in a container are not users of the host.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let (Some(used), Some((name, database))) = (&container.uses.postgres, host.database(container))
        else {
            continue;
        };
        if database.password.is_some() || database.unreadable.may_hold(&["password"]) {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::DatabasePassword,
                format!("`{}` cannot log in to the database `{}`", container.name, name.value()),
                used.database.span,
                "used by a container",
            )
            .and(name.span, "has no password")
            .help(format!("declare a secret, and write `{}: {{ password: SECRET }}`", name.value())),
        );
    }
}
