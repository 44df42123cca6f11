//! A published port needs a container with an address of the same IP version. Otherwise the port accepts connections,
//! and they hang.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id, Network};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let shared: HashMap<&Id<Network>, (bool, bool)> =
        host.networks.iter().map(|network| (&network.name, versions(network))).collect();
    for container in host.containers().filter(|c| c.network_mode.is_none()) {
        // The own network of a service has IPv4 only.
        let of = |id: &Id<Network>| shared.get(id).copied().unwrap_or((true, false));
        let (v4, v6) = container.networks.iter().fold((false, false), |(v4, v6), attached| {
            let (also_v4, also_v6) = of(&attached.network);
            (v4 || also_v4, v6 || also_v6)
        });
        for (address, span) in published(container) {
            let (has, version, help) = match address {
                Some(IpAddr::V6(_)) => (
                    v6,
                    "IPv6",
                    "publish the port on an IPv4 address, or put the container on a network with `ipv6: true`",
                ),
                _ => (v4, "IPv4", "add an IPv4 subnet to the container's network"),
            };
            if has {
                continue;
            }
            let on = address.map_or_else(|| "127.0.0.1".to_owned(), |address| address.to_string());
            diagnostics.push(
                Diagnostic::new(
                    Code::Ipv6Publish,
                    format!("`{}` publishes a port on {on} but has no {version} address", container.name),
                    span,
                    "connections to this port would hang",
                )
                .help(help),
            );
        }
    }
}

/// The addresses of a container's published ports, including the ports of its sites.
fn published(container: &Container) -> impl Iterator<Item = (Option<IpAddr>, Span)> {
    let written = container
        .settings
        .ports
        .iter()
        .map(|port| (port.address.text.written().map(|_| port.address.value.0), port.span));
    written.chain(container.site_ports.iter().map(|port| (None, port.target.span)))
}

/// The IP versions of a network, as IPv4 and IPv6. An external network may have both.
fn versions(network: &Network) -> (bool, bool) {
    let both = network.is_external() || network.settings.ipv6.value;
    let subnets = || network.settings.subnet.0.iter().map(|subnet| subnet.value.0);
    let has = |v4: bool| subnets().any(|subnet| subnet.addr().is_ipv4() == v4);
    (both || subnets().next().is_none() || has(true), both || has(false))
}
