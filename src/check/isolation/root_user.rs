//! `user: root` replaces the user of the image, and root in a container is the host's root unless the container has a
//! user namespace of its own.

use super::grants::{has_own_users, users};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers().filter(|container| !has_own_users(container)) {
        for grant in users(container) {
            let user = grant.granted.split(':').next().unwrap_or_default();
            if user != "root" && user.parse() != Ok(0) {
                continue;
            }
            let own = container.settings.image.value.user();
            let (overridden, owner) = match own {
                Some(own) => (format!("the image's user {own}"), format!("`owner: {own}`")),
                None => ("the image's user".to_owned(), "`owner`".to_owned()),
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::RootUser,
                    format!("`{}` runs as root", container.name),
                    grant.span,
                    format!("overrides {overridden}; root in the container is root on the host"),
                )
                .help(format!(
                    "remove it, and set {owner} on the volumes that the image's user cannot write to"
                )),
            );
        }
    }
}
