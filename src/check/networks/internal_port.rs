//! Podman publishes no port into an internal network (netavark creates no rules for it).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Id, Network};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let is_internal = |id: &Id<Network>| {
        host.network(id).is_some_and(|network| !network.is_external() && network.settings.internal.value)
    };
    for container in host.containers() {
        let mut networks = container.networks.iter().map(|attached| &attached.network).peekable();
        let Some(first) = networks.peek().copied() else { continue };
        if !networks.all(is_internal) {
            continue;
        }
        let published = container.settings.ports.iter().map(|port| port.span);
        for span in published.chain(container.site_ports.iter().map(|port| port.target.span)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::NetworkWithHost,
                    format!("`{}` cannot publish a port: its network is internal", container.name),
                    span,
                    "connections to this port would hang",
                )
                .help(format!(
                    "add the container to a second network, beside `{first}`, that is not `internal`"
                )),
            );
        }
    }
}
