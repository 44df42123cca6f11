//! A subnet must have an address for every container on its network.

use std::collections::HashMap;

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Id, Network};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut containers: HashMap<&Id<Network>, usize> = HashMap::new();
    // A container that does not start by itself may replace another one.
    let started = host
        .services
        .iter()
        .filter(|s| s.enable)
        .flat_map(|s| &s.containers)
        .filter(|c| c.settings.auto_start.value);
    for attached in started.flat_map(|container| &container.networks) {
        *containers.entry(&attached.network).or_default() += 1;
    }
    for network in host.networks.iter().filter(|network| !network.is_external()) {
        let count = containers.get(&network.name).copied().unwrap_or_default();
        for subnet in &network.settings.subnet.0 {
            let net = subnet.value.0;
            let bits = net.max_prefix_len() - net.prefix_len();
            let free = free_of(&net, bits);
            if free >= count {
                continue;
            }
            let enough = (bits..).find(|bits| free_of(&net, *bits) >= count).unwrap_or(net.max_prefix_len());
            diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    format!("{net} has too few addresses for the containers on `{}`", network.name),
                    subnet.text.span,
                    format!("needs {count} addresses for containers, has {free}"),
                )
                .help(format!(
                    "choose a subnet with the prefix /{} or a shorter one",
                    net.max_prefix_len().saturating_sub(enough)
                )),
            );
        }
    }
}

/// The number of containers for which a subnet with this many host bits has addresses. The first address is the
/// subnet's, the last one of IPv4 is for broadcasts, and the gateway has one (`getFreeIPFromBucket` of
/// container-libs).
fn free_of(net: &IpNet, bits: u8) -> usize {
    let reserved = if net.addr().is_ipv4() { 3 } else { 2 };
    // More than this never matters.
    (1_usize << bits.min(32)).saturating_sub(reserved)
}
