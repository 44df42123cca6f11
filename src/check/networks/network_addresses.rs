//! The gateways of networks, each in its subnet; and addresses of a network that someone else makes.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::setting::Network;
use crate::subnet::first_address;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    host.networks.iter().for_each(|network| check_one(&network.settings, diagnostics));
}

fn check_one(network: &Network, diagnostics: &mut Diagnostics) {
    if network.external.value {
        let own =
            network.subnet.0.first().map(|s| s.text.span).or(network.gateway.0.first().map(|g| g.text.span));
        if let Some(span) = own {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    "someone else makes this network",
                    span,
                    "would not be used",
                )
                .help("take it out, or take `external` out"),
            );
        }
        return;
    }
    for (i, gateway) in network.gateway.0.iter().enumerate() {
        let Some(subnet) = network.subnet.0.get(i) else {
            // The subnet could not be read.
            if network.subnet.0.is_empty() && network.unread.may_hold(&["subnet"]) {
                return;
            }
            diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    "a gateway without a subnet",
                    gateway.text.span,
                    "belongs to no subnet",
                )
                .help("give as many subnets as gateways, in the same order"),
            );
            continue;
        };
        let (address, net) = (gateway.value.0, subnet.value.0);
        let usable = net.contains(&address)
            && address != net.network()
            && (net.addr().is_ipv6() || address != net.broadcast());
        if !usable {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    format!("{address} is no address of {net}"),
                    gateway.text.span,
                    "the gateway",
                )
                .and(subnet.text.span, "its subnet")
                .help(format!("take the first address: {}", first_address(&net))),
            );
        }
    }
}
