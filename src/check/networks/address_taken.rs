//! A fixed address belongs to one container, and is not a reserved address of the subnet.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Id, Network};
use crate::source::Span;
use crate::subnet::first_address;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut taken: HashMap<(&Id<Network>, IpAddr), (Span, &'static str)> = HashMap::new();
    for network in host.networks.iter().filter(|n| !n.is_external()) {
        for (address, span, whose) in reserved(network) {
            taken.insert((&network.name, address), (span, whose));
        }
    }
    // A disabled service is not on the host, and may be the alternative to an enabled one.
    for container in host.services.iter().filter(|s| s.enable).flat_map(|s| &s.containers) {
        for attached in &container.networks {
            let attachment = &attached.attachment;
            for fixed in [&attachment.ipv4_address, &attachment.ipv6_address].into_iter().flatten() {
                let address = fixed.value.0;
                let at = (&attached.network, address);
                match taken.get(&at) {
                    None => {
                        taken.insert(at, (fixed.text.span, "another container's address"));
                    }
                    Some((first, whose)) => diagnostics.push(
                        Diagnostic::new(
                            Code::AddressTaken,
                            format!("{address} is {whose} on `{}`", attached.network),
                            fixed.text.span,
                            "already in use",
                        )
                        .and(*first, *whose)
                        .help("choose another address of the subnet"),
                    ),
                }
            }
        }
    }
}

/// The addresses of a network that no container can have. If no gateway is declared, Podman takes the first address
/// (podman-network-create(1), --gateway).
fn reserved(network: &Network) -> Vec<(IpAddr, Span, &'static str)> {
    let declared = &network.settings;
    let mut found = Vec::new();
    for (i, subnet) in declared.subnet.0.iter().enumerate() {
        let net = subnet.value.0;
        found.push((net.network(), subnet.text.span, "the subnet itself"));
        if let IpNet::V4(v4) = net {
            found.push((v4.broadcast().into(), subnet.text.span, "the subnet's broadcast address"));
        }
        match declared.gateway.0.get(i) {
            Some(gateway) => found.push((gateway.value.0, gateway.span(), "the gateway")),
            None => found.push((first_address(&net), subnet.text.span, "the gateway")),
        }
    }
    found
}
