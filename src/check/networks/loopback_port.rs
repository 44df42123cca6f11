//! A published port without an address is on 127.0.0.1, which other machines cannot reach.

use super::lan_ports::for_others;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Protocol;
use crate::hir::Host;
use crate::setting::Port;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers().filter(|c| c.network_mode.is_none()) {
        // A port with `from` is reported for its clients.
        let found = container.settings.ports.iter();
        let found = found.filter(|port| port.address.text.is_default && port.from.is_none());
        let mut found = found.filter_map(|port| Some((port, for_others(port)?)));
        let Some((port, listener)) = found.next() else { continue };
        let published = port.published.text.value();
        let (ports, are) = if port.published.value.is_range() { ("ports", "are") } else { ("port", "is") };
        let diagnostic = Diagnostic::new(
            Code::LoopbackPort,
            format!("{ports} {published} of `{}` {are} published on 127.0.0.1 only", container.name),
            port.span,
            format!("expected an address: {listener} is usually for other machines"),
        );
        diagnostics.push(
            found
                .fold(diagnostic, |diagnostic, (port, listener)| {
                    diagnostic.and(
                        port.span,
                        format!("expected an address: {listener} is usually for other machines"),
                    )
                })
                .help(help(host, port)),
        );
    }
}

fn help(host: &Host, port: &Port) -> String {
    let address = if host.tailscale.is_some() { "${tailscale.address}" } else { "192.168.1.2" };
    let protocol = match port.protocol.value {
        Protocol::Tcp => String::new(),
        protocol => format!("/{}", protocol.name()),
    };
    let (published, target) = (port.published.text.value(), port.target.text.value());
    format!(
        "write the address that other machines use, such as `\"{address}:{published}:{target}{protocol}\"`, or `127.0.0.1` if only the host uses the port"
    )
}
