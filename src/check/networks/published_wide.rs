//! A published port bypasses the NixOS firewall, so that a port beyond loopback and the tailnet is reported, unless only
//! some clients reach it.

use crate::check::isolation::grants::{self, Grant};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Protocol;
use crate::hir::Host;
use crate::setting::Port;
use crate::subnet::is_in_tailnet;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let tailnet = host.tailscale.as_ref().map(|tailscale| tailscale.address.value.0);
    for container in host.services.iter().flat_map(|s| &s.containers) {
        // Podman publishes on every address where none is written (podman-run(1), --publish).
        for Grant { granted, span } in grants::published(container) {
            let is_loopback = granted.address.is_some_and(|address| address.is_loopback());
            let is_in_tailnet = granted.address.is_some() && granted.address == tailnet;
            if !is_loopback && !is_in_tailnet {
                diagnostics.push(
                    Diagnostic::new(
                        Code::PublishedWide,
                        format!(
                            "`podman_args` of `{}` publish a port that bypasses the firewall",
                            container.name
                        ),
                        span,
                        "Podman forwards the port before the firewall filters it",
                    )
                    .help("publish the port under `ports`, which uses 127.0.0.1 by default"),
                );
            }
        }
        for port in &container.settings.ports {
            let address = &port.address;
            let value = address.value.0;
            // Any tailnet address counts as intended; `tailnet_address.rs` checks that it is the host's.
            if has_clients(port) {
                continue;
            }
            if !value.is_loopback() && !is_in_tailnet(value) && Some(value) != tailnet {
                diagnostics.push(
                    Diagnostic::new(
                        Code::PublishedWide,
                        format!("port {} on {value} bypasses the firewall", port.published.text.value()),
                        port.span,
                        "Podman forwards the port before the firewall filters it",
                    )
                    .help(help(port)),
                );
            }
        }
    }
}

/// True if not every machine reaches the port.
fn has_clients(port: &Port) -> bool {
    port.from.is_some() && port.clients().is_none_or(|clients| clients.iter().all(|net| net.prefix_len() > 0))
}

/// The entry with clients. A range of addresses stands for those of the user.
fn help(port: &Port) -> String {
    let protocol = match port.protocol.value {
        Protocol::Tcp => String::new(),
        protocol => format!("protocol: {}, ", protocol.name()),
    };
    let address = port.address.value.0;
    let (host_ip, clients) = match address.is_ipv6() {
        true => (format!("\"{address}\""), "\"fd00:1::/64\""),
        false => (address.to_string(), "192.168.1.0/24"),
    };
    let (published, target) = (port.published.text.value(), port.target.text.value());
    format!(
        "name the clients: `{{ published: {published}, target: {target}, {protocol}host_ip: {host_ip}, from: [{clients}] }}`; for HTTP, publish it on 127.0.0.1 behind a site"
    )
}
