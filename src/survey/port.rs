//! Ports of the host, and the clients that reach them.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::form::{PortRange, Protocol};
use crate::hir;
use crate::inventory::Port;
use crate::listener::{Clients, Listener, listeners};
use crate::subnet::is_in_tailnet;

pub(super) fn survey(host: &hir::Host) -> Vec<Port> {
    let opened = Opened::of(host);
    listeners(host).into_iter().map(|listener| row(listener, host, &opened)).collect()
}

fn row(listener: Listener, host: &hir::Host, opened: &Opened) -> Port {
    let PortRange { first, last } = listener.ports;
    let reached_by = reached_by(&listener, host, opened);
    Port {
        address: listener.address.map(|address| address.to_string()),
        port: if first == last { first.to_string() } else { format!("{first}-{last}") },
        protocol: listener.protocol.name(),
        service: listener
            .container
            .as_ref()
            .and_then(|container| host.service_of(container))
            .map(|s| s.name.to_string()),
        program: listener.container.map_or(listener.program, |container| container.to_string()),
        target: listener.target,
        reached_by,
    }
}

fn reached_by(listener: &Listener, host: &hir::Host, opened: &Opened) -> Vec<String> {
    let local = || "this host".to_owned();
    if listener.address.is_some_and(|address| address.is_loopback()) {
        return vec![local()];
    }
    let mut found = match &listener.clients {
        Clients::All => vec![everyone(listener.address, host)],
        Clients::Ranges(ranges) => ranges.iter().map(|range| client(range)).collect(),
        Clients::Interfaces(interfaces) => {
            shortened(interfaces, |name: &String| format!("machines on {name}"))
        }
        Clients::Network(network) => vec![format!("containers on {network}")],
        Clients::Closed => vec![local()],
        Clients::Unknown => vec!["as your own configuration opens it".to_owned()],
    };
    if opened.has(listener) && !matches!(listener.clients, Clients::All) {
        found.push("containers with the port under host_ports".to_owned());
    }
    if listener.container.is_none()
        && opened.sites.contains(&listener.ports.first)
        && !matches!(listener.clients, Clients::Network(_) | Clients::Unknown)
    {
        found.push("containers with reaches".to_owned());
    }
    found
}

/// All machines that reach an address of the host.
pub(super) fn everyone(address: Option<IpAddr>, host: &hir::Host) -> String {
    let tailnet = host.tailscale.as_ref().map(|tailscale| tailscale.address.value.0);
    match address {
        Some(address) if is_in_tailnet(address) || Some(address) == tailnet => "the tailnet".to_owned(),
        Some(address) => format!("every machine that reaches {address}"),
        None => "every machine that reaches this host".to_owned(),
    }
}

/// The most interfaces or addresses that one port or site lists. Many sites may have many in common.
const MAX_LISTED: usize = 8;

/// The first items in words, and the number of the others.
pub(super) fn shortened<T>(items: &[T], words: impl Fn(&T) -> String) -> Vec<String> {
    let mut listed: Vec<String> = items.iter().take(MAX_LISTED).map(words).collect();
    if items.len() > MAX_LISTED {
        listed.push(format!("{} more", items.len() - MAX_LISTED));
    }
    listed
}

/// A range of clients in words.
pub(super) fn client(range: &str) -> String {
    if range == "tailnet" { "the tailnet".to_owned() } else { range.to_owned() }
}

/// The ports that the firewall opens for containers.
struct Opened {
    /// The number of `host_ports` that contain each port, for TCP and for UDP.
    host_ports: [Vec<bool>; 2],
    /// The ports of sites that containers reach.
    sites: HashSet<u16>,
}

impl Opened {
    fn of(host: &hir::Host) -> Opened {
        // The changes of the number of open ranges from port to port.
        let mut changes = [vec![0_i64; 65537], vec![0_i64; 65537]];
        let mut sites = HashSet::new();
        for (_, container) in super::containers(host) {
            for wanted in &container.settings.host_ports {
                let changes = &mut changes[usize::from(wanted.udp)];
                changes[usize::from(wanted.port.value.first)] += 1;
                changes[usize::from(wanted.port.value.last) + 1] -= 1;
            }
            let reached = container.reaches.iter().flat_map(|reach| &reach.sites);
            sites.extend(reached.filter_map(|reached| Some(host.served(reached.site)?.port)));
        }
        let open = |changes: Vec<i64>| {
            let sums = changes.into_iter().scan(0, |sum, change| {
                *sum += change;
                Some(*sum > 0)
            });
            sums.collect()
        };
        Opened { host_ports: changes.map(open), sites }
    }

    /// Reports whether a container reaches one of the ports of a listener by `host_ports`.
    fn has(&self, listener: &Listener) -> bool {
        let PortRange { first, last } = listener.ports;
        let open = match listener.protocol {
            Protocol::Tcp => &self.host_ports[0],
            Protocol::Udp => &self.host_ports[1],
            Protocol::Sctp => return false,
        };
        open[usize::from(first)..=usize::from(last)].contains(&true)
    }
}
