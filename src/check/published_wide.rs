//! A published port bypasses the NixOS firewall, so one beyond loopback and the tailnet is worth a word.

use std::net::IpAddr;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::subnet::is_in_tailnet;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let tailnet = host.tailscale.as_ref().map(|t| t.address.value());
    for container in host.services.iter().flat_map(|s| &s.containers) {
        for port in &container.compose.ports {
            let Some(address) = &port.address else { continue };
            let value = address.value();
            let loopback = value.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
            // Any address of the tailnet is meant for it: whether it is the host's is looked at elsewhere.
            let in_tailnet = value.parse().is_ok_and(is_in_tailnet);
            if !loopback && !in_tailnet && Some(&value) != tailnet.as_ref() {
                diagnostics.push(
                    Diagnostic::new(
                        Code::PublishedWide,
                        format!(
                            "port {} is open on {value}, whatever the firewall says",
                            port.published.value()
                        ),
                        port.span,
                        "Podman goes around the firewall",
                    )
                    .help("publish it on 127.0.0.1 behind Caddy, or on the tailnet's address; if it is meant, `allow` it with the reason"),
                );
            }
        }
    }
}
