//! The `port` of a service becomes an option of the output, so that something must use it.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, HostPort, Id, Service};
use crate::setting::NetworkMode;
use crate::tree::{Kind, Node, Piece, Target, Text};

pub(super) fn check(host: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    let mut used = HashSet::new();
    let mut expressions = String::new();
    ports(file, &mut used, &mut expressions);
    let in_expressions = selected_ports(&expressions);
    let of_caddy = host.front.iter().flat_map(|front| &front.sites).filter_map(|site| site.service.as_ref());
    let of_haproxy = host.haproxy.iter().flat_map(|haproxy| &haproxy.sites);
    let of_haproxy = of_haproxy.filter_map(|site| site.service.as_ref());
    let with_site: HashSet<&Id<Service>> = of_caddy.chain(of_haproxy).collect();
    // Sites of programs of NixOS, which publish no port of a container.
    used.extend(host.forwards().filter_map(|forward| match forward.upstream?.host_port()? {
        HostPort::Service(service) => Some(service.to_string()),
        HostPort::Fixed(_) => None,
    }));
    for service in &host.services {
        let Some(port) = &service.port else { continue };
        let behind_site = service
            .containers
            .iter()
            .flat_map(|c| &c.site_ports)
            .any(|p| matches!(p.host, HostPort::Service(_)));
        let in_nix = in_expressions.contains(service.option.as_str());
        let is_used =
            behind_site || service.has_broken_site || in_nix || used.contains(service.name.as_str());
        let unreadable = service.unreadable.may_hold(&["site", "sites", "containers", "nixos"]);
        if !is_used && !unreadable {
            let on_host =
                service.containers.iter().any(|c| matches!(c.network_mode, Some(NetworkMode::Host(_))));
            let by_number = service
                .containers
                .iter()
                .flat_map(|c| &c.settings.ports)
                .find(|p| p.published.text.value() == port.value.to_string());
            let help = match (by_number, on_host) {
                (Some(published), _) => format!(
                    "write `\"${{services.{}.port}}:{}\"` under `ports`, so that the option sets the published port",
                    service.name,
                    published.target.text.value()
                ),
                (None, true) => {
                    "remove `port`: it does not set the port of a container on the host's network".to_owned()
                }
                (None, false) if with_site.contains(&service.name) => match service.native.units.first() {
                    Some(unit) => format!(
                        "remove `port`, or write `to: \"{}:${{services.{}.port}}\"` in the site",
                        unit.text.value(),
                        service.name
                    ),
                    None => "remove `port`: the site does not forward to it".to_owned(),
                },
                (None, false) if !service.native.units.is_empty() => format!(
                    "add a `site`, or set the port of the program to `${{services.{}.port}}` under `nixos`",
                    service.name
                ),
                (None, false) => format!(
                    "add a `site` that forwards to a container, or publish `\"${{services.{}.port}}:PORT\"`",
                    service.name
                ),
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::PortWithoutService,
                    format!("the `port` of `{}` is unused", service.name),
                    port.text.span,
                    "its option would have no effect",
                )
                .help(help),
            );
        }
    }
}

/// The names before each `.port` in Nix expressions.
fn selected_ports(expressions: &str) -> HashSet<&str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '\'');
    let before = expressions.match_indices(".port").map(|(at, _)| &expressions[..at]);
    before.map(|text| &text[text.trim_end_matches(is_part).len()..]).collect()
}

/// Collects the services whose ports are referenced, and the expressions that may reference more of them.
fn ports(node: &Node, used: &mut HashSet<String>, expressions: &mut String) {
    let in_text = |text: &Text, used: &mut HashSet<String>| {
        used.extend(text.pieces.iter().filter_map(|piece| match piece {
            Piece::Reference(r) => match &r.target {
                Target::Port(service) => Some(service.clone()),
                _ => None,
            },
            Piece::Literal(_) => None,
        }));
    };
    match &node.kind {
        Kind::Scalar(text) => in_text(text, used),
        Kind::List(items) => items.iter().for_each(|item| ports(item, used, expressions)),
        Kind::Map(entries) => entries.iter().for_each(|entry| {
            in_text(&entry.key, used);
            ports(&entry.value, used, expressions);
        }),
        Kind::Nix(code) => expressions.push_str(code),
        Kind::Unknown => {}
    }
}
