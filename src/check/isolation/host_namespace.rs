//! A container in a namespace of the host can see and change the host's programs.

use super::grants::namespaces_of_host;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::isolation::Namespace;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        for grant in namespaces_of_host(container) {
            let namespace = grant.granted;
            let (code, help) = match namespace {
                Namespace::Network => (
                    Code::HostNetwork,
                    "remove it, and publish the container's ports under `ports`".to_owned(),
                ),
                _ => (
                    Code::HostNamespace,
                    format!(
                        "remove it: Podman then gives the container its own {} namespace",
                        namespace.name()
                    ),
                ),
            };
            diagnostics.push(
                Diagnostic::new(
                    code,
                    format!("`{}` is in the host's {} namespace", container.name, namespace.name()),
                    grant.span,
                    format!("the container can {}", namespace.gives()),
                )
                .help(help),
            );
        }
    }
}
