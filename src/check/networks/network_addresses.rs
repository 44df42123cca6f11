//! A gateway and a range must be inside their subnet, and an external network takes no addresses.

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
        let subnets = network.subnet.0.iter().chain(&network.ip_range.0).map(|subnet| subnet.text.span);
        let own = subnets.chain(network.gateway.0.iter().map(|gateway| gateway.text.span)).next();
        if let Some(span) = own {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    "an external network cannot have addresses",
                    span,
                    "has no effect: homegen does not create this network",
                )
                .help("remove it, or remove `external`"),
            );
        }
        return;
    }
    ranges(network, diagnostics);
    for (i, gateway) in network.gateway.0.iter().enumerate() {
        let Some(subnet) = network.subnet.0.get(i) else {
            // The subnet could not be parsed.
            if network.subnet.0.is_empty() && network.unreadable.may_hold(&["subnet"]) {
                return;
            }
            diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    "the gateway has no subnet",
                    gateway.text.span,
                    "expected a subnet for this gateway",
                )
                .help("add one subnet for each gateway, in the same order"),
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
                    format!("the gateway {address} is not a usable address of {net}"),
                    gateway.text.span,
                    "expected a host address of the subnet",
                )
                .and(subnet.text.span, "its subnet")
                .help(format!("write `{}`, the first address", first_address(&net))),
            );
        }
    }
}

/// Reports a range without a subnet around it.
fn ranges(network: &Network, diagnostics: &mut Diagnostics) {
    for (i, range) in network.ip_range.0.iter().enumerate() {
        let Some(subnet) = network.subnet.0.get(i) else {
            if network.subnet.0.is_empty() && network.unreadable.may_hold(&["subnet"]) {
                return;
            }
            diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    "the range has no subnet",
                    range.text.span,
                    "expected a subnet for this range",
                )
                .help("add one subnet for each range, in the same order"),
            );
            continue;
        };
        let (inner, outer) = (range.value.0, subnet.value.0);
        if !outer.contains(&inner) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    format!("the range {inner} is not inside {outer}"),
                    range.text.span,
                    "expected a part of the subnet",
                )
                .and(subnet.text.span, "its subnet")
                .help("write a range inside the subnet"),
            );
        }
    }
}
