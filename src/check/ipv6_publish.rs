//! A port on an IPv6 address accepts connections and then hangs where the container has no IPv6.

use std::collections::HashSet;
use std::net::Ipv6Addr;

use ipnet::Ipv6Net;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Network};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let with_ipv6: HashSet<&str> =
        host.networks.iter().filter(|n| may_have_ipv6(n)).map(|n| n.name.as_str()).collect();
    let has_ipv6 = |c: &&Container| c.networks.iter().any(|n| with_ipv6.contains(n.network.as_str()));
    for container in host.containers().filter(|c| !has_ipv6(c)) {
        for port in &container.compose.ports {
            let Some(address) = port.address.as_ref().filter(|a| a.value().parse::<Ipv6Addr>().is_ok())
            else {
                continue;
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::Ipv6Publish,
                    format!("`{}` has no IPv6, and a port on {}", container.name, address.value()),
                    port.span,
                    "would accept connections and never answer",
                )
                .help("publish on an IPv4 address, or put it on a network with `ipv6: true`"),
            );
        }
    }
}

/// Whether a network gives its containers IPv6 addresses, or is someone else's and might.
fn may_have_ipv6(network: &Network) -> bool {
    let declared = network.declared.as_ref();
    network.is_external()
        || declared.and_then(|d| d.ipv6.as_ref()).is_some_and(|f| f.value)
        || declared.is_some_and(|d| d.subnet.0.iter().any(|s| s.value().parse::<Ipv6Net>().is_ok()))
}
