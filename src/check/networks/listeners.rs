//! The programs that listen on the host's ports: containers, Caddy, HAProxy, Postgres, and the NixOS services that the file enables.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::check::isolation::grants::{self, Grant};
use crate::form::{PortRange, Protocol};
use crate::hir::front::Caddy;
use crate::hir::{Container, Host, HostPort, Id, Service};
use crate::nixos_service::{self, NixosService};
use crate::setting::{self, NetworkMode};
use crate::source::Span;
use crate::tree::{Atom, Kind, Node, SetOption, options};

/// A port that a program listens on.
#[derive(Debug)]
pub(in crate::check) struct Listener {
    /// The address; `None` is all of them.
    pub(in crate::check) address: Option<IpAddr>,
    /// The ports.
    pub(in crate::check) ports: PortRange,
    /// The protocol of the ports.
    pub(in crate::check) protocol: Protocol,
    /// The name of the program, for a message.
    pub(in crate::check) program: String,
    /// The port in the container that is published here.
    pub(in crate::check) target: Option<String>,
    /// The container that a site of this port forwards to, or that publishes it.
    pub(in crate::check) container: Option<Id<Container>>,
    /// The position in the file.
    pub(in crate::check) span: Span,
}

/// Every listener that the file declares, in its order. Services that are off are left out.
pub(in crate::check) fn listeners(host: &Host) -> Vec<Listener> {
    let mut found = Vec::new();
    for service in host.services.iter().filter(|s| s.enable) {
        for container in &service.containers {
            published(container, &mut found);
            behind_sites(service, container, &mut found);
        }
    }
    front(host, &mut found);
    haproxy(host, &mut found);
    postgres(host, &mut found);
    native(host, &mut found);
    found
}

fn published(container: &Container, found: &mut Vec<Listener>) {
    let program = || format!("the container `{}`", container.name);
    // Podman discards ports beside a network mode, and `network_mode.rs` reports them.
    let ports = container.settings.ports.iter().filter(|_| container.network_mode.is_none());
    for port in ports {
        found.push(Listener {
            address: Some(port.address.value.0).filter(|address| !address.is_unspecified()),
            ports: port.published.value,
            protocol: port.protocol.value,
            program: program(),
            target: Some(port.target.text.value()),
            container: Some(container.name.clone()),
            span: port.span,
        });
    }
    for Grant { granted: port, span } in grants::published(container) {
        // `podman_arguments.rs` reports other protocols, and Podman chooses a port that is not given.
        let (Some(ports), Some(protocol)) = (port.ports, port.protocol) else { continue };
        found.push(Listener {
            address: port.address.filter(|address| !address.is_unspecified()),
            ports,
            protocol,
            program: program(),
            target: Some(port.target),
            container: Some(container.name.clone()),
            span,
        });
    }
    if !matches!(container.network_mode, Some(NetworkMode::Host(_))) {
        return;
    }
    for exposed in &container.settings.expose {
        found.push(Listener {
            address: None,
            ports: exposed.port.value,
            protocol: if exposed.udp { Protocol::Udp } else { Protocol::Tcp },
            program: program(),
            target: None,
            container: Some(container.name.clone()),
            span: exposed.port.span(),
        });
    }
}

/// The port of a site is the service's option, or one of its own.
fn behind_sites(service: &Service, container: &Container, found: &mut Vec<Listener>) {
    for port in &container.site_ports {
        let number = match (&port.host, &service.port) {
            (HostPort::Fixed(text), _) => text.value().parse().ok(),
            (HostPort::Service(_), own) => own.as_ref().and_then(|own| own.value.try_into().ok()),
        };
        let Some(number) = number else { continue };
        found.push(Listener {
            address: Some(Ipv4Addr::LOCALHOST.into()),
            ports: PortRange::one(number),
            protocol: Protocol::Tcp,
            program: format!("the site of the container `{}`", container.name),
            target: None,
            container: Some(container.name.clone()),
            span: port.span,
        });
    }
}

/// Caddy: HTTP, HTTPS, and HTTPS over QUIC.
fn front(host: &Host, found: &mut Vec<Listener>) {
    let Some(front) = &host.front else { return };
    let addresses: Vec<Option<IpAddr>> = match &front.bind.value {
        setting::Bind::Tailscale => match &host.tailscale {
            Some(tailscale) => vec![Some(tailscale.address.value.0)],
            None => return,
        },
        setting::Bind::All => vec![None],
        setting::Bind::On { interfaces, .. } if !interfaces.is_empty() => vec![None],
        setting::Bind::On { addresses, .. } => {
            addresses.iter().map(|address| Some(address.value.0)).collect()
        }
    };
    let mut seen = HashSet::new();
    for address in addresses.iter().copied() {
        seen.insert((address, 80));
        for (port, protocol) in [(80, Protocol::Tcp), (443, Protocol::Tcp), (443, Protocol::Udp)] {
            if protocol == Protocol::Udp && front.behind().is_some() {
                continue;
            }
            found.push(Listener {
                address,
                ports: PortRange::one(port),
                protocol,
                program: if front.behind().is_some() { "HAProxy" } else { "Caddy" }.to_owned(),
                target: None,
                container: None,
                span: front.bind.span,
            });
        }
    }
    let behind = front.behind();
    for (span, port) in behind.iter().flat_map(|span| [Caddy::HTTP, Caddy::HTTPS].map(|port| (*span, port))) {
        found.push(Listener {
            address: Some(Ipv4Addr::LOCALHOST.into()),
            ports: PortRange::one(port),
            protocol: Protocol::Tcp,
            program: "Caddy".to_owned(),
            target: None,
            container: None,
            span,
        });
    }
    // Sites on one port share it. Port 443 is reported where a site is linked.
    let plain = front.sites.iter().filter_map(|site| Some((site, site.listen.as_ref()?)));
    for (site, listen) in plain.filter(|(_, listen)| listen.value.port != 443) {
        let own = site.addresses.iter().map(|address| Some(address.value.0));
        let all = addresses.iter().copied().filter(|_| site.addresses.is_empty());
        for address in own.chain(all).filter(|address| seen.insert((*address, listen.value.port))) {
            found.push(Listener {
                address,
                ports: PortRange::one(listen.value.port),
                protocol: Protocol::Tcp,
                program: "Caddy".to_owned(),
                target: None,
                container: None,
                span: listen.span(),
            });
        }
    }
}

/// HAProxy: the ports of its sites, and the statistics.
fn haproxy(host: &Host, found: &mut Vec<Listener>) {
    let Some(haproxy) = &host.haproxy else { return };
    let mut seen = HashSet::new();
    // Sites on one port share it.
    let sites = haproxy.sites.iter().map(|site| &site.listen).filter(|listen| seen.insert(listen.value));
    for listen in sites.chain(&haproxy.stats) {
        found.push(Listener {
            address: listen.value.address,
            ports: PortRange::one(listen.value.port),
            protocol: Protocol::Tcp,
            program: "HAProxy".to_owned(),
            target: None,
            container: None,
            span: listen.span(),
        });
    }
}

/// The host's Postgres: `localhost` (`listen_addresses` of nixpkgs' postgresql), and the gateways of the networks whose
/// containers connect over TCP. Valkey has only a socket.
fn postgres(host: &Host, found: &mut Vec<Listener>) {
    let Some(postgres) = &host.postgres else { return };
    let mut addresses: BTreeSet<IpAddr> = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()].into();
    let over_tcp = host.containers().filter(|container| container.uses_postgres_over_tcp());
    let gateways = over_tcp.filter_map(|container| host.gateway(container));
    addresses.extend(gateways.filter_map(|gateway| gateway.address.value().parse::<IpAddr>().ok()));
    for address in addresses {
        found.push(Listener {
            address: Some(address),
            ports: PortRange::one(setting::Postgres::PORT),
            protocol: Protocol::Tcp,
            program: "the host's Postgres".to_owned(),
            target: None,
            container: None,
            span: postgres.version.span(),
        });
    }
}

fn native(host: &Host, found: &mut Vec<Listener>) {
    for tree in host.raw_options() {
        let set = options(tree);
        let enabled: HashMap<String, &SetOption> = set
            .iter()
            .filter(|option| option.path.first().is_some_and(|first| first == "services"))
            .rev()
            .map(|option| (option.path.join("."), option))
            .collect();
        let value = |path: &str| enabled.get(path).copied();
        if enabled.is_empty() {
            continue;
        }
        for row in nixos_service::all() {
            let enable = row.names().find_map(|name| value(&format!("services.{name}.enable")));
            let Some(enable) = enable.filter(|o| is_true(o.node)) else {
                continue;
            };
            let NixosService { name, port, port_option, protocol, is_local } = row.get();
            if name == "postgresql" && host.postgres.is_some() {
                continue;
            }
            // The configuration of the service sets its addresses, which are not known here.
            let bound = set.iter().any(|o| {
                let path = o.path.join(".").to_lowercase();
                let words = ["listen", "interface", "bind", "host", "http_addr"];
                path.starts_with(&format!("services.{name}.")) && words.iter().any(|w| path.contains(w))
            });
            if bound {
                continue;
            }
            let option = |path: &String| value(&format!("services.{name}.{path}"));
            let stated = port_option.as_ref().and_then(option);
            let ports = match stated {
                Some(option) => numbers(option.node).into_iter().map(|port| (port, option.span)).collect(),
                None => vec![(*port, enable.span)],
            };
            for (port, span) in ports {
                // A service that listens on 127.0.0.1 by default may be moved to other addresses by settings that are
                // not known here.
                found.push(Listener {
                    address: is_local.then_some(Ipv4Addr::LOCALHOST.into()),
                    ports: PortRange::one(port),
                    protocol: *protocol,
                    program: format!("services.{name}"),
                    target: None,
                    container: None,
                    span,
                });
            }
        }
    }
}

fn is_true(node: &Node) -> bool {
    matches!(&node.kind, Kind::Scalar(text) if text.atom() == Atom::Bool(true))
}

fn numbers(node: &Node) -> Vec<u16> {
    match &node.kind {
        Kind::Scalar(text) => text.value().parse().ok().into_iter().collect(),
        Kind::List(items) => items.iter().flat_map(numbers).collect(),
        _ => Vec::new(),
    }
}
