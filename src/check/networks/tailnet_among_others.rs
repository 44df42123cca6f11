//! The address in the tailnet is there later than the others, and what binds it among others does not wait for it.

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
                "the tailnet's address among others",
                address.span(),
                "is there later than the others",
            )
            .help("bind to `tailscale` alone, or to interfaces: `bind: [tailscale0, …]`"),
        );
    }
}
