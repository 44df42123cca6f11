//! Podman's aardvark-dns listens on port 53 of every network's gateway, so that no other program can listen on port 53
//! of all addresses.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Protocol;
use crate::hir::Host;
use crate::listener::listeners;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(on_network) = host.containers().find(|c| !c.networks.is_empty()) else { return };
    let mut reported = HashSet::new();
    for listener in listeners(host) {
        let is_dns = listener.ports.has(53) && listener.protocol != Protocol::Sctp;
        // UDP and TCP belong to the same server.
        if is_dns && listener.address.is_none() && reported.insert(listener.program.clone()) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DnsPort,
                    format!("{} listens on port 53 of every address", listener.program),
                    listener.span,
                    "includes the gateways of Podman's networks",
                )
                .and(on_network.span, "this container needs Podman's DNS on its gateway")
                .help("bind it to the addresses that its clients use, such as the host's address in the LAN"),
            );
        }
    }
}
