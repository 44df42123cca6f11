//! Some capabilities reach beyond the container and give control of the host, or of a part of it.

use super::grants::{capabilities, has_own_users, is_on_host_network};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::isolation::capability;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        // In a user namespace of its own a container has capabilities in that namespace only.
        if has_own_users(container) {
            continue;
        }
        let on_host_network = is_on_host_network(container);
        for grant in capabilities(container) {
            let Some(gives) = capability(&grant.granted, on_host_network) else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::HostCapability,
                    format!("`{}` has the capability {}", container.name, grant.granted),
                    grant.span,
                    format!("the container can {gives}"),
                )
                .help("remove the capability: most programs run without it"),
            );
        }
    }
}
