//! The address of the tailnet is one that Tailscale gives.

use std::net::IpAddr;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::subnet::{TAILNET, is_in_tailnet};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(tailscale) = &host.tailscale else { return };
    let Ok(address) = tailscale.address.value().parse::<IpAddr>() else { return };
    if !is_in_tailnet(address) {
        diagnostics.push(
            Diagnostic::new(
                Code::TailnetAddress,
                format!("{address} is no address of Tailscale's"),
                tailscale.address.0.span,
                format!("not in {}", TAILNET[0]),
            )
            .help("write what `tailscale ip -4` prints on the host"),
        );
    }
}
