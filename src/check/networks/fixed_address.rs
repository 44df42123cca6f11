//! A fixed address must be inside a subnet of its network, so that the network needs a `subnet`.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Attached, Host, Id, Network};
use crate::subnet::Subnets;
use crate::tree::Node;

/// The maximum number of subnets that a message shows.
const SHOWN: usize = 8;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let subnets =
        |network: &Network| Subnets::of(network.settings.subnet.0.iter().map(|subnet| subnet.value.0));
    let known: HashMap<&Id<Network>, (&Network, Subnets)> =
        host.networks.iter().map(|network| (&network.name, (network, subnets(network)))).collect();
    for attached in host.containers().flat_map(|container| &container.networks) {
        check_one(attached, known.get(&attached.network), diagnostics);
    }
}

fn check_one(attached: &Attached, known: Option<&(&Network, Subnets)>, diagnostics: &mut Diagnostics) {
    let attachment = &attached.attachment;
    let settings = known.map(|(network, _)| &network.settings);
    // The network, or its subnet, could not be parsed.
    let is_unread = settings
        .is_some_and(|settings| settings.subnet.0.is_empty() && settings.unreadable.may_hold(&["subnet"]));
    if is_unread || known.is_some_and(|(network, _)| network.is_external()) {
        return;
    }
    let subnets = settings.map_or(&[][..], |settings| &settings.subnet.0);
    for address in [&attachment.ipv4_address, &attachment.ipv6_address].into_iter().flatten() {
        let ip = address.value.0;
        if known.is_some_and(|(_, subnets)| subnets.contain(ip)) {
            continue;
        }
        let mut diagnostic = Diagnostic::new(
            Code::BadAddress,
            format!("{ip} is not in a subnet of the network `{}`", attached.network),
            address.text.span,
            "the fixed address",
        );
        for subnet in subnets.iter().take(SHOWN) {
            diagnostic = diagnostic.and(subnet.text.span, "the subnet");
        }
        diagnostics.push(diagnostic.help(match subnets.is_empty() {
            true => "declare the network under the top-level `networks`, with a `subnet` that contains the address",
            false => "choose an address inside the subnet",
        }));
    }
}
