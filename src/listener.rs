//! The programs that listen on the host's ports: containers, Caddy, HAProxy, Postgres, and the NixOS services that the file
//! enables. Functions of the [`hir`](crate::hir).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::form::{PortRange, Protocol};
use crate::hir::front::Caddy;
use crate::hir::{Container, Host, HostPort, Id, Service};
use crate::nixos_service::{self, NixosService};
use crate::podman::publish;
use crate::setting::{self, NetworkMode, Port};
use crate::source::Span;
use crate::tree::{Atom, Kind, Node, SetOption, options};
use crate::value::Value;

/// A port that a program listens on.
#[derive(Debug)]
pub(crate) struct Listener {
    /// The address; `None` is all of them.
    pub(crate) address: Option<IpAddr>,
    /// The ports.
    pub(crate) ports: PortRange,
    /// The protocol of the ports.
    pub(crate) protocol: Protocol,
    /// The name of the program, for a message.
    pub(crate) program: String,
    /// The port in the container that is published here.
    pub(crate) target: Option<String>,
    /// The container that a site of this port forwards to, or that publishes it.
    pub(crate) container: Option<Id<Container>>,
    /// The clients.
    pub(crate) clients: Clients,
    /// The position in the file.
    pub(crate) span: Span,
}

/// The machines and containers that reach a port on its address, besides the host itself.
#[derive(Clone, Debug)]
pub(crate) enum Clients {
    /// All: Podman forwards the port before the firewall filters packets, or the firewall opens it.
    All,
    /// Those with an address in one of these ranges, as they are written.
    Ranges(Vec<String>),
    /// Those on these interfaces of the host, which the firewall opens.
    Interfaces(Arc<[String]>),
    /// The containers of a network.
    Network(String),
    /// None: the firewall does not open the port.
    Closed,
    /// Those that a NixOS module or the configuration of the owner admits.
    Unknown,
}

impl Clients {
    /// The clients of a port that the firewall opens on these interfaces, and on no other one.
    fn on<T>(interfaces: &[Value<T>]) -> Clients {
        match interfaces.is_empty() {
            true => Clients::Closed,
            false => Clients::Interfaces(interfaces.iter().map(|name| name.text.value()).collect()),
        }
    }

    /// The clients of a published port.
    fn of(port: &Port) -> Clients {
        port.from.as_ref().map_or(Clients::All, |from| {
            Clients::Ranges(from.value.iter().map(|range| range.text.value()).collect())
        })
    }
}

/// Every listener that the file declares, in its order. Services that are off are left out.
pub(crate) fn listeners(host: &Host) -> Vec<Listener> {
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
            clients: Clients::of(port),
            span: port.span,
        });
    }
    let arguments = publish::published(&container.settings.podman_args).into_iter();
    for (port, span) in arguments.filter(|_| container.network_mode.is_none()) {
        // `podman_arguments.rs` reports other protocols, and Podman chooses a port that is not given.
        let (Some(ports), Some(protocol)) = (port.ports, port.protocol) else { continue };
        found.push(Listener {
            address: port.address.filter(|address| !address.is_unspecified()),
            ports,
            protocol,
            program: program(),
            target: Some(port.target),
            container: Some(container.name.clone()),
            clients: Clients::All,
            span,
        });
    }
    if !matches!(container.network_mode, Some(NetworkMode::Host(_))) {
        return;
    }
    let clients = Clients::on(&container.settings.firewall.0);
    for exposed in &container.settings.expose {
        found.push(Listener {
            address: None,
            ports: exposed.port.value,
            protocol: if exposed.udp { Protocol::Udp } else { Protocol::Tcp },
            program: program(),
            target: None,
            container: Some(container.name.clone()),
            clients: clients.clone(),
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
            target: Some(port.target.value()),
            container: Some(container.name.clone()),
            clients: Clients::Closed,
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
    // The rules of the firewall in src/lower/caddy.rs.
    let clients = match &front.bind.value {
        setting::Bind::Tailscale | setting::Bind::All => Clients::All,
        setting::Bind::On { interfaces, .. } if !interfaces.is_empty() => Clients::on(interfaces),
        setting::Bind::On { .. } => Clients::All,
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
                clients: clients.clone(),
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
            clients: Clients::Closed,
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
                clients: clients.clone(),
                span: listen.span(),
            });
        }
    }
}

/// HAProxy: the ports of its sites, and the statistics.
fn haproxy(host: &Host, found: &mut Vec<Listener>) {
    let Some(haproxy) = &host.haproxy else { return };
    let clients = Clients::on(&haproxy.interfaces);
    let mut seen = HashSet::new();
    // Sites on one port share it.
    let sites = haproxy.sites.iter().map(|site| &site.listen).filter(|listen| seen.insert(listen.value));
    let sites = sites.map(|listen| (listen, true)).chain(haproxy.stats.iter().map(|stats| (stats, false)));
    for (listen, is_site) in sites {
        found.push(Listener {
            address: listen.value.address,
            ports: PortRange::one(listen.value.port),
            protocol: Protocol::Tcp,
            program: "HAProxy".to_owned(),
            target: None,
            container: None,
            clients: if is_site { clients.clone() } else { Clients::Closed },
            span: listen.span(),
        });
    }
}

/// The host's Postgres: `localhost` (`listen_addresses` of nixpkgs' postgresql), and the gateways of the networks whose
/// containers connect over TCP. Valkey has only a socket.
fn postgres(host: &Host, found: &mut Vec<Listener>) {
    let Some(postgres) = &host.postgres else { return };
    let local = [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
    let mut addresses: BTreeMap<IpAddr, Option<String>> = local.map(|address| (address, None)).into();
    let over_tcp = host.containers().filter(|container| container.uses_postgres_over_tcp());
    for gateway in over_tcp.filter_map(|container| host.gateway(container)) {
        if let Ok(address) = gateway.address.value().parse() {
            addresses.insert(address, Some(gateway.network.name.to_string()));
        }
    }
    for (address, network) in addresses {
        found.push(Listener {
            address: Some(address),
            ports: PortRange::one(setting::Postgres::PORT),
            protocol: Protocol::Tcp,
            program: "the host's Postgres".to_owned(),
            target: None,
            container: None,
            clients: network.map_or(Clients::Closed, Clients::Network),
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
                    clients: Clients::Unknown,
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
