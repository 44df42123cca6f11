//! 10.88.0.1 is the host only while a container is on Podman's default network. homegen puts no container there.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Node, Text};

/// The gateway of the network `podman`.
const GATEWAY: &str = "10.88.0.1";

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let hosts = container.settings.extra_hosts.0.iter().map(|(_, address)| address);
        let values = container.settings.environment.0.iter().map(|(_, value)| value);
        for text in hosts.chain(values).filter(|text| names_gateway(text)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DefaultGateway,
                    format!("{GATEWAY} exists only while a container uses Podman's default network"),
                    text.span,
                    "homegen puts no container on that network",
                )
                .help(help(text)),
            );
        }
    }
}

/// The name that Podman gives the host, and the port that the firewall has to open.
fn help(text: &Text) -> String {
    let value = text.value();
    if value == GATEWAY {
        return "write `host.containers.internal`, or `host-gateway` under `extra_hosts`; and list the program's port under `host_ports`".to_owned();
    }
    let (_, behind) = value.split_once(GATEWAY).unwrap_or_default();
    let port: String =
        behind.strip_prefix(':').unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    let port = if port.is_empty() { "PORT" } else { &port };
    format!("write `host.containers.internal`, and `host_ports: [{port}]` in the container")
}

/// True if the text contains the address by itself, and not as a part of a longer one.
fn names_gateway(text: &Text) -> bool {
    let value = text.value();
    value.match_indices(GATEWAY).any(|(at, _)| {
        let part = |c: char| c.is_ascii_digit() || c == '.';
        !value[..at].ends_with(part) && !value[at + GATEWAY.len()..].starts_with(part)
    })
}
