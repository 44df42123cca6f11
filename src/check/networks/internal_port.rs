//! Podman publishes no port into an internal network (netavark makes no rules for it).

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let internal: HashSet<&str> = host
        .networks
        .iter()
        .filter(|network| !network.is_external())
        .filter(|network| network.settings.internal.value)
        .map(|network| network.name.as_str())
        .collect();
    for container in host.containers() {
        let mut networks = container.networks.iter().map(|attached| attached.network.as_str()).peekable();
        let Some(first) = networks.peek().copied() else { continue };
        if !networks.all(|network| internal.contains(network)) {
            continue;
        }
        let published = container.settings.ports.iter().map(|port| port.span);
        for span in published.chain(container.site_ports.iter().map(|port| port.target.span)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::NetworkWithHost,
                    format!("`{}` cannot publish a port: its network is internal", container.name),
                    span,
                    "would accept connections and never answer",
                )
                .help(format!("put the container on another network beside `{first}`")),
            );
        }
    }
}
