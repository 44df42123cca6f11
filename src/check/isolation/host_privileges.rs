//! A privileged container has every capability and device of the host, and no confinement.

use super::grants::privileged;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        for grant in privileged(container) {
            diagnostics.push(
                Diagnostic::new(
                    Code::HostPrivileges,
                    format!("`{}` is privileged", container.name),
                    grant.span,
                    "the container can do everything that root can do on the host",
                )
                .help("remove it, and list the devices that the container needs under `devices` and the capabilities under `cap_add`"),
            );
        }
    }
}
