//! A port of the host must be a valid TCP port.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let of_services = host.services.iter().filter_map(|service| service.port.as_ref());
    let of_targets = host.forwards().filter_map(|forward| forward.port);
    let unlinked = host.front.iter().flat_map(|front| &front.unlinked_sites);
    let of_unlinked = unlinked.filter_map(|site| site.port.as_ref());
    for port in
        of_services.chain(of_targets).chain(of_unlinked).filter(|port| !(1..=65535).contains(&port.value))
    {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("{} is not a valid port", port.value),
                port.text.span,
                "expected a number from 1 to 65535",
            )
            .help("choose a port from 1 to 65535"),
        );
    }
}
