//! `host_ports` opens ports on the bridges of a container. It needs such a bridge, and a program that listens there.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Protocol;
use crate::hir::{Container, Host};
use crate::listener::{Listener, listeners};
use crate::setting::{Expose, NetworkMode};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut local = None;
    for container in host.containers() {
        let Some(first) = container.settings.host_ports.first() else { continue };
        if let Some(found) = without_bridge(container, first.port.span(), "host_ports", host) {
            diagnostics.push(found);
            continue;
        }
        let local = local.get_or_insert_with(|| local_only(host));
        for wanted in container.settings.host_ports.iter().filter(|wanted| !wanted.port.value.is_range()) {
            if let Some(listener) = local.get(&(wanted.port.value.first, wanted.udp)) {
                diagnostics.push(unreachable(container, wanted, listener, host));
            }
        }
    }
}

/// The diagnostic about a container without a bridge through which it reaches the host.
pub(in crate::check) fn without_bridge(
    container: &Container,
    span: Span,
    key: &str,
    host: &Host,
) -> Option<Diagnostic> {
    let report = |label: String, help: String| {
        let title = format!("`{key}` has no effect on `{}`", container.name);
        Some(Diagnostic::new(Code::NetworkWithHost, title, span, label).help(help))
    };
    let owner = host.network_owner(container);
    let remove = || format!("remove `{key}`");
    match &owner.network_mode {
        Some(NetworkMode::Host(_)) => {
            return report(
                "the container is on the host's network, and reaches 127.0.0.1 of the host".to_owned(),
                remove(),
            );
        }
        Some(NetworkMode::None) => return report("the container has no network".to_owned(), remove()),
        Some(NetworkMode::Container(_)) | None => {}
    }
    // An unknown network is already reported.
    if owner.networks.is_empty() || [container, owner].iter().any(|c| c.unreadable.may_hold(&["networks"])) {
        return None;
    }
    let networks = host.networks_of(container);
    let external = networks.iter().find(|network| network.is_external())?;
    if networks.iter().all(|network| network.is_external()) {
        return report(
            format!("homegen does not know the bridge of the external network `{}`", external.name),
            "add a network of this file to its `networks`, such as `default`".to_owned(),
        );
    }
    if host.gateway(container).is_none() {
        return report(
            format!("the host may get its address on the external network `{}`, where the firewall is closed", external.name),
            "declare the other network under `networks` with a `subnet`, such as `lan: { subnet: 172.20.0.0/16 }`".to_owned(),
        );
    }
    None
}

/// The programs that listen on 127.0.0.1, by port, and true for UDP. Ports that a program listens on elsewhere are left out.
fn local_only(host: &Host) -> HashMap<(u16, bool), Listener> {
    let is_local = |listener: &Listener| {
        listener.address.is_some_and(|address| address.is_loopback()) && !listener.ports.is_range()
    };
    let (local, wide): (Vec<Listener>, Vec<Listener>) = listeners(host).into_iter().partition(is_local);
    let [tcp, udp] = [Protocol::Tcp, Protocol::Udp].map(|protocol| covered(&wide, protocol));
    let is_wide =
        |port: u16, is_udp: bool| if is_udp { udp[usize::from(port)] } else { tcp[usize::from(port)] };
    let local = local.into_iter().filter(|listener| listener.protocol != Protocol::Sctp);
    local
        .map(|listener| ((listener.ports.first, listener.protocol == Protocol::Udp), listener))
        .filter(|((port, is_udp), _)| !is_wide(*port, *is_udp))
        .collect()
}

/// For each port, whether one of the listeners has it.
fn covered(listeners: &[Listener], protocol: Protocol) -> Vec<bool> {
    // The number of ranges that begin at each port, less those that ended before it.
    let mut begun = vec![0_i64; usize::from(u16::MAX) + 2];
    for listener in listeners.iter().filter(|listener| listener.protocol == protocol) {
        begun[usize::from(listener.ports.first)] += 1;
        begun[usize::from(listener.ports.last) + 1] -= 1;
    }
    let open = begun.into_iter().scan(0, |open, change| {
        *open += change;
        Some(*open > 0)
    });
    open.collect()
}

fn unreachable(container: &Container, wanted: &Expose, listener: &Listener, host: &Host) -> Diagnostic {
    let port = wanted.port.text.value();
    let found = Diagnostic::new(
        Code::LocalHostPort,
        format!("`{}` cannot reach port {port} of the host", container.name),
        wanted.port.span(),
        format!("{} listens on 127.0.0.1 only", listener.program),
    )
    .and(listener.span, "listens here");
    let publisher = listener.container.as_ref().and_then(|id| host.container(id));
    found.help(match (publisher, &listener.target) {
        (Some(other), Some(target)) => super::host_closed::by_network(container, other, target),
        (Some(other), None) => {
            format!("put both containers on one of the top-level `networks`, and connect to `{}`", other.name)
        }
        _ => "let the program listen on all addresses, or on the address of the bridge".to_owned(),
    })
}
