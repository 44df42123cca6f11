//! A port of the host must be a valid TCP port.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let of_services = host.services.iter().filter_map(|service| service.port.as_ref());
    let of_sites = host.front.iter().flat_map(|front| front.site_ports());
    let of_auth = host.auth.values().filter_map(|provider| provider.port.as_ref());
    let plain = host.haproxy.iter().flat_map(|haproxy| &haproxy.sites);
    let of_plain =
        plain.flat_map(|site| site.paths.iter().map(|path| &path.port).chain([&site.port])).flatten();
    for port in of_services
        .chain(of_sites)
        .chain(of_auth)
        .chain(of_plain)
        .filter(|port| !(1..=65535).contains(&port.value))
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
