//! A front on the tailnet, whose address is not known.

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
                "Caddy binds the tailnet, and its address is not known",
                front.bind.span,
                "needs the address of the host in the tailnet",
            )
            .help("add `tailscale: { address: 100.… }`, as `tailscale ip -4` prints it"),
        );
    }
}
