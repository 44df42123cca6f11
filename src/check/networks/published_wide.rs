//! A published port bypasses the NixOS firewall, so that a port beyond loopback and the tailnet is reported.

use super::lan_ports::for_others;
use crate::check::isolation::grants::{self, Grant};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
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
            if !value.is_loopback() && !is_in_tailnet(value) && Some(value) != tailnet {
                diagnostics.push(
                    Diagnostic::new(
                        Code::PublishedWide,
                        format!(
                            "port {} on {value} bypasses the firewall",
                            port.published.text.value()
                        ),
                        port.span,
                        "Podman forwards the port before the firewall filters it",
                    )
                    .help(match for_others(port) {
                        Some(_) => "if other machines need it, write `allow: { HG0506: \"REASON\" }` beside `ports`: Caddy cannot forward it",
                        None => "publish it on 127.0.0.1 behind Caddy, or on the tailnet's address; or accept it with `allow: { HG0506: \"REASON\" }` beside `ports`",
                    }),
                );
            }
        }
    }
}
