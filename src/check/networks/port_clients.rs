//! `from` of a published port has to name clients that can reach the address of the port.

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::ClientRange;
use crate::hir::Host;
use crate::setting::{Port, Spanned};
use crate::source::Span;
use crate::subnet::is_in_tailnet;
use crate::tree::Node;
use crate::value::Value;

type Clients = Spanned<Vec<Value<ClientRange>>>;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let tailnet = host.tailscale.as_ref().map(|tailscale| tailscale.address.value.0);
    // Podman discards ports beside a network mode, and `network_mode.rs` reports them.
    for container in host.containers().filter(|container| container.network_mode.is_none()) {
        for port in &container.settings.ports {
            let Some(from) = port.from.as_ref().filter(|from| from.span != Span::PLACEHOLDER) else {
                continue;
            };
            let address = port.address.value.0;
            let is_on_tailnet = is_in_tailnet(address) || Some(address) == tailnet;
            match unreached(port, from, is_on_tailnet) {
                Some(found) => diagnostics.push(found),
                None => needless(port, from, diagnostics),
            }
        }
    }
}

/// The diagnostic about a port that none of the clients reaches.
fn unreached(port: &Port, from: &Clients, is_on_tailnet: bool) -> Option<Diagnostic> {
    let report = |title: String, label: &str| Diagnostic::new(Code::PortClients, title, from.span, label);
    let published = port.published.text.value();
    let address = port.address.value.0;
    if address.is_loopback() {
        let found = report(
            format!("`from` has no effect on port {published}"),
            &format!("only the host itself reaches {address}, and it always does"),
        );
        return Some(
            found
                .help("remove `from`, or write the address that the clients use, such as `host_ip: 0.0.0.0`"),
        );
    }
    if from.value.is_empty() {
        let found = report(format!("port {published} admits no client"), "the list is empty");
        let subnet = example(port);
        return Some(found.help(format!("list subnets such as `{subnet}`, or remove the port")));
    }
    let clients = port.clients().unwrap_or_default();
    if clients.is_empty() {
        let version = version(address.is_ipv6());
        let found = report(
            format!("port {published} admits no client that reaches it"),
            "none of these ranges is of the port's IP version",
        );
        let found = found.and(port.address.text.span, format!("an {version} address"));
        return Some(found.help(format!("list {version} subnets such as `{}`", example(port))));
    }
    let nets = ClientRange::Tailnet.subnets();
    if is_on_tailnet && !clients.iter().any(|range| nets.iter().any(|net| overlap(net, range))) {
        let found = report(
            format!("port {published} admits no client that reaches it"),
            "none of these addresses is in the tailnet",
        );
        let found = found.and(port.address.text.span, "an address of the tailnet");
        return Some(found.help("add `tailnet` to `from`"));
    }
    None
}

/// Reports ranges of the other IP version, and ranges inside of another one.
fn needless(port: &Port, from: &Clients, diagnostics: &mut Diagnostics) {
    let is_ipv6 = port.address.value.0.is_ipv6();
    let mut sorted: Vec<(IpNet, &Value<ClientRange>)> = Vec::new();
    for range in &from.value {
        let subnets = range.value.subnets();
        if subnets.iter().all(|subnet| subnet.addr().is_ipv6() != is_ipv6) {
            diagnostics.push(
                report(range, format!("an {} range", version(!is_ipv6)))
                    .and(port.address.text.span, format!("the port is on an {} address", version(is_ipv6)))
                    .help("remove the range, or publish the port on an address of that IP version too"),
            );
        }
        let reaching = subnets.into_iter().filter(|subnet| subnet.addr().is_ipv6() == is_ipv6);
        sorted.extend(reaching.map(|subnet| (subnet, range)));
    }
    // A range follows the ranges that contain it.
    sorted.sort_by_key(|(subnet, _)| (subnet.network(), subnet.prefix_len()));
    let mut outer: Option<(IpNet, &Value<ClientRange>)> = None;
    for (subnet, range) in sorted {
        match outer {
            Some((net, by)) if net.contains(&subnet) => diagnostics.push(
                report(range, "another range contains it".to_owned())
                    .and(by.span(), "this range")
                    .help("remove one of the two ranges"),
            ),
            _ => outer = Some((subnet, range)),
        }
    }
}

fn report(range: &Value<ClientRange>, label: String) -> Diagnostic {
    let title = format!("the range `{}` has no effect", range.text.value());
    Diagnostic::new(Code::NeedlessClients, title, range.span(), label)
}

fn overlap(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}

fn version(is_ipv6: bool) -> &'static str {
    if is_ipv6 { "IPv6" } else { "IPv4" }
}

/// A range of the port's IP version.
fn example(port: &Port) -> &'static str {
    if port.address.value.0.is_ipv6() { "fd00:1::/64" } else { "192.168.1.0/24" }
}
