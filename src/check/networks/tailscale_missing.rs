//! A front on the tailnet needs the host's tailnet address.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::setting::Bind;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(front) = &host.front else { return };
    if matches!(front.bind.value, Bind::Tailscale) && host.tailscale.is_none() {
        diagnostics.push(
            Diagnostic::new(
                Code::TailscaleMissing,
                "Caddy binds the tailnet, but `tailscale` is not declared",
                front.bind.span,
                "needs the host's address in the tailnet",
            )
            .help("add `tailscale: { address: 100.… }` with the address that `tailscale ip -4` prints on the host"),
        );
    }
}
