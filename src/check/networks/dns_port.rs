//! Podman's aardvark-dns answers on port 53 of every network's gateway, so nothing else can have the port
//! on all addresses.

use std::collections::HashSet;

use super::listeners::listeners;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Protocol;
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(on_network) = host.containers().find(|c| !c.networks.is_empty()) else { return };
    let mut said = HashSet::new();
    for listener in listeners(host) {
        let is_dns = listener.ports.has(53) && listener.protocol != Protocol::Sctp;
        // UDP and TCP are one server.
        if is_dns && listener.address.is_none() && said.insert(listener.what.clone()) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DnsPort,
                    format!("{} has port 53 on every address", listener.what),
                    listener.span,
                    "the gateways of Podman's networks among them",
                )
                .and(on_network.span, "needs Podman's DNS there")
                .help("have it listen on the addresses that its clients use, such as the one in the LAN"),
            );
        }
    }
}
