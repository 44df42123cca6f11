//! The tailnet address exists only after Tailscale has started, and a socket on several addresses does not wait for it.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::setting::Bind;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let (Some(front), Some(tailscale)) = (&host.front, &host.tailscale) else { return };
    let Bind::On { addresses, .. } = &front.bind.value else { return };
    let tailnet = tailscale.address.text.value();
    if let Some(address) = addresses.iter().find(|address| address.text.value() == tailnet) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                "`bind` mixes the tailnet address with other addresses",
                address.span(),
                "exists only after Tailscale has started",
            )
            .help(format!(
                "write `bind: tailscale`, or name interfaces instead of addresses: `bind: [{}, …]`",
                tailscale.interface.text.value()
            )),
        );
    }
}
