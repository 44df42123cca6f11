//! The address of the tailnet is one that Tailscale assigns, and the only one of its range that the host has.

use std::net::IpAddr;

use crate::check::isolation::grants::{self, Grant};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::setting::Bind;
use crate::source::Span;
use crate::subnet::{TAILNET, is_in_tailnet};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(tailscale) = &host.tailscale else { return };
    let own = tailscale.address.value.0;
    let own_span = tailscale.address.text.span;
    if !is_in_tailnet(own) {
        diagnostics.push(
            Diagnostic::new(
                Code::TailnetAddress,
                format!("{own} is not a Tailscale address"),
                own_span,
                format!("expected an address in {}", TAILNET[0]),
            )
            .help("write the address that `tailscale ip -4` prints on the host"),
        );
        return;
    }
    let bound = host.front.iter().filter_map(|front| match &front.bind.value {
        Bind::On { addresses, .. } => Some(addresses.iter().map(|address| (address.value.0, address.span()))),
        Bind::Tailscale | Bind::All => None,
    });
    let published = host.containers().flat_map(addresses);
    for (address, span) in bound.flatten().chain(published) {
        // The host has one tailnet address of each IP version.
        if address == own || address.is_ipv4() != own.is_ipv4() || !is_in_tailnet(address) {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::TailnetAddress,
                format!("{address} is not the host's address in the tailnet"),
                span,
                "the host does not have this address, so that no program can listen on it",
            )
            .and(own_span, "the host's address")
            .help(format!("did you mean `{own}`?")),
        );
    }
}

/// The addresses that a container publishes ports on, with their positions.
fn addresses(container: &Container) -> Vec<(IpAddr, Span)> {
    let ports = &container.settings.ports;
    let own = ports.iter().map(|port| (port.address.value.0, port.span));
    let arguments = grants::published(container).into_iter();
    own.chain(arguments.filter_map(|Grant { granted, span }| Some((granted.address?, span)))).collect()
}
