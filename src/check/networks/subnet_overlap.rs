//! Subnets must not overlap each other, Podman's default network, the tailnet, or the addresses that the host uses.

use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Network};
use crate::setting;
use crate::source::Span;
use crate::subnet::TAILNET;
use crate::tree::Node;

/// The network `podman` (containers-common, `default_subnet` in containers.conf(5)).
const PODMAN: &str = "10.88.0.0/16";

/// Ranges with a meaning on every host (RFC 6890, RFC 5771, RFC 4291).
const SPECIAL: &[(&str, &str)] = &[
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("224.0.0.0/4", "multicast"),
    ("::1/128", "loopback"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut subnets: Vec<(IpNet, Span, &Network)> = Vec::new();
    for network in host.networks.iter().filter(|n| !n.is_external()) {
        let declared = network.settings.subnet.0.iter();
        subnets.extend(declared.map(|subnet| (subnet.value.0, subnet.span(), network)));
    }
    between(&subnets, diagnostics);
    let mut addresses = addresses(host);
    addresses.sort_by_key(|(address, span, _)| (*address, *span));
    for (subnet, span, network) in &subnets {
        if diagnostics.is_full() {
            return;
        }
        let mut refuse = |overlap: String, at: Option<(Span, &str)>| {
            let mut diagnostic = Diagnostic::new(
                Code::SubnetOverlap,
                format!("the subnet {subnet} of `{}` {overlap}", network.name),
                *span,
                "packets to these addresses would go to this network",
            );
            if let Some((span, label)) = at {
                diagnostic = diagnostic.and(span, label);
            }
            diagnostics.push(diagnostic.help("choose another subnet, such as one in 172.16.0.0/12"));
        };
        if overlap(subnet, &PODMAN.parse().expect("a constant")) {
            refuse(format!("overlaps Podman's default network {PODMAN}"), None);
        }
        for (special, owner) in
            SPECIAL.iter().filter(|(net, _)| overlap(subnet, &net.parse().expect("a constant")))
        {
            refuse(format!("overlaps the {owner} range {special}"), None);
        }
        if let Some(tailscale) = &host.tailscale {
            for tailnet in TAILNET.iter().filter(|t| overlap(subnet, &t.parse().expect("a constant"))) {
                refuse(
                    format!("overlaps the tailnet's range {tailnet}"),
                    Some((tailscale.span, "the host is in the tailnet")),
                );
            }
        }
        let gateways = network.settings.gateway.0.iter();
        let gateways: HashSet<IpAddr> = gateways.map(|gateway| gateway.value.0).collect();
        let begin = addresses.partition_point(|(address, ..)| *address < subnet.network());
        let mut inside: Vec<_> =
            addresses[begin..].iter().take_while(|(address, ..)| subnet.contains(address)).collect();
        inside.sort_by_key(|(_, span, _)| *span);
        // The tailnet check above covers the host's address in the tailnet.
        for (address, span, whose) in inside.into_iter().filter(|(a, ..)| !gateways.contains(a)) {
            refuse(format!("contains {address}, {whose}"), Some((*span, "this address")));
        }
    }
}

/// Reports subnets that overlap each other. Two subnets are disjoint, or one contains the other: in the order of their
/// first addresses, a subnet that overlaps any other overlaps the last one that reaches furthest.
fn between(subnets: &[(IpNet, Span, &Network)], diagnostics: &mut Diagnostics) {
    let mut sorted: Vec<_> = subnets.iter().collect();
    sorted.sort_by_key(|(subnet, span, _)| (subnet.network(), subnet.prefix_len(), *span));
    let mut widest: Option<&(IpNet, Span, &Network)> = None;
    for one in sorted {
        match widest {
            Some(other) if overlap(&one.0, &other.0) => {
                let (first, second) = if other.1 < one.1 { (other, one) } else { (one, other) };
                diagnostics.push(
                    Diagnostic::new(
                        Code::SubnetOverlap,
                        format!("the subnets {} and {} overlap", second.0, first.0),
                        second.1,
                        format!("subnet of `{}`", second.2.name),
                    )
                    .and(first.1, format!("subnet of `{}`", first.2.name))
                    .help("give one of the networks another subnet"),
                );
            }
            _ => widest = Some(one),
        }
    }
}

fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

/// The addresses in the file that the host has, or that it must reach.
fn addresses(host: &Host) -> Vec<(IpAddr, Span, &'static str)> {
    let mut found: Vec<(String, Span, &'static str)> = Vec::new();
    if let Some(setting::Bind::On { addresses, .. }) = host.front.as_ref().map(|f| &f.bind.value) {
        found.extend(addresses.iter().map(|a| (a.text.value(), a.span(), "which Caddy listens on")));
    }
    for port in host.containers().flat_map(|c| &c.settings.ports) {
        let written = port.address.text.written();
        found.extend(written.map(|address| (address.value(), address.span, "which a port is published on")));
    }
    for (_, mount) in &host.machine.mounts.entries {
        let nfs = mount.nfs.as_ref();
        found.extend(nfs.and_then(|n| {
            let server = n.text.value().split_once(":/")?.0.to_owned();
            Some((server, n.text.span, "a file server"))
        }));
    }
    let tailnet = host.tailscale.as_ref().map(|t| t.address.text.value());
    found.retain(|(address, ..)| Some(address) != tailnet.as_ref());
    found
        .into_iter()
        .filter_map(|(address, span, whose)| Some((address.parse().ok()?, span, whose)))
        .collect()
}
