//! Some capabilities reach beyond a container: whoever has one owns the host, or a part of it.

use super::grants::{capabilities, has_own_users, is_on_host_network};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::isolation::capability;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        // In a user namespace of its own a container has capabilities over that namespace alone.
        if has_own_users(container) {
            continue;
        }
        let on_host_network = is_on_host_network(container);
        for grant in capabilities(container) {
            let Some(gives) = capability(&grant.what, on_host_network) else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::HostCapability,
                    format!("`{}` has the capability {}", container.name, grant.what),
                    grant.span,
                    format!("the container can {gives}"),
                )
                .help("remove it, and add only capabilities that stay inside of the container"),
            );
        }
    }
}
