//! Ports of the host that the firewall opens for containers, and the names of the host in containers. The ports are those
//! of a container on the host's network, those under `host_ports`, and those of the fronts of sites under `reaches`.
//!
//! ```yaml
//! chat: { image: …, host_ports: [11434], reaches: [auth] }
//! ```
//! ```nix
//! networking.firewall.interfaces.br-chat.allowedTCPPorts = [ 11434 443 ];
//! virtualisation.oci-containers.containers.chat.extraOptions = [ "--add-host=auth.example.org:host-gateway" ];
//! ```
//!
//! Packets of a container to an address of the host come in through the bridge of its network. Podman gives the host the
//! name `host.containers.internal` in each container, with the gateway of one of its networks, which `host-gateway` stands
//! for too (podman-run(1), --add-host).

use std::collections::{BTreeSet, HashSet};

use super::container_set;
use super::context::HostContext;
use crate::hir::reach::{ReachedSite, Served};
use crate::hir::{Container, Host};
use crate::nix::{Expr, Set};
use crate::nixos::Module;
use crate::setting::{Expose, NetworkMode};
use crate::tree::Text;

pub(super) fn lower(container: &Container, context: &HostContext, module: &mut Module) {
    for interface in &container.settings.firewall.0 {
        open(&container.settings.expose, &interface.text, module);
    }
    let host = context.host;
    let of_sites: BTreeSet<u16> = reached(container, host)
        .filter(|(_, served)| !served.is_open)
        .map(|(_, served)| served.port)
        .collect();
    if !container.settings.host_ports.is_empty() || !of_sites.is_empty() {
        for network in host.networks_of(container).into_iter().filter(|network| !network.is_external()) {
            open(&container.settings.host_ports, &network.interface, module);
            let interfaces = module.config.at(&["networking", "firewall", "interfaces"]);
            let ports = of_sites.iter().map(|port| Expr::Int(i64::from(*port)));
            interfaces.at_named(&network.interface).append("allowedTCPPorts", ports);
        }
    }
    // Both files belong to the other container.
    if container.shares_network_of.is_some() {
        return;
    }
    let gateway = host.safe_gateway(container);
    // A name under `extra_hosts` has an address already.
    let hosts = container.settings.extra_hosts.0.iter();
    let taken: HashSet<String> = hosts.map(|(name, _)| name.value().to_lowercase()).collect();
    let mut add_host = |name: &Text, address: &Text| {
        if !taken.contains(&name.value().to_lowercase()) {
            let option = [name.clone(), address.clone()];
            let option = Expr::flag("--add-host=", &Text::join(&option, ":", name.span));
            container_set(module, container).append("extraOptions", [option]);
        }
    };
    if let (false, Some(gateway)) = (container.settings.host_ports.is_empty(), &gateway) {
        add_host(&Text::literal(HOST, container.span), gateway);
    }
    let is_on_host = matches!(container.network_mode, Some(NetworkMode::Host(_)));
    let fallback = if is_on_host { "127.0.0.1" } else { "host-gateway" };
    let gateway = gateway.unwrap_or_else(|| Text::literal(fallback, container.span));
    for (reached, served) in reached(container, host) {
        add_host(&reached.name, served.address.as_ref().unwrap_or(&gateway));
    }
}

/// The sites that a container reaches, with the places at which they are served.
fn reached<'a>(
    container: &'a Container,
    host: &'a Host,
) -> impl Iterator<Item = (&'a ReachedSite, Served<'a>)> {
    let sites = container.reaches.iter().flat_map(|reach| &reach.sites);
    sites.filter_map(|reached| Some((reached, host.served(reached.site)?)))
}

/// The name of the host in a container.
const HOST: &str = "host.containers.internal";

/// Opens ports on an interface.
fn open(ports: &[Expose], interface: &Text, module: &mut Module) {
    for exposed in ports {
        let number = |port: &Text| match port.reference() {
            Some(_) => Expr::typed(port),
            None => Expr::Int(port.value().parse().unwrap_or_default()),
        };
        let (list, port) = match (exposed.port.text.split('-').as_slice(), exposed.udp) {
            ([first, last], udp) => {
                let range = Set::of([("from", number(first)), ("to", number(last))]);
                (if udp { "allowedUDPPortRanges" } else { "allowedTCPPortRanges" }, Expr::Set(range))
            }
            (_, true) => ("allowedUDPPorts", number(&exposed.port.text)),
            (_, false) => ("allowedTCPPorts", number(&exposed.port.text)),
        };
        let interfaces = module.config.at(&["networking", "firewall", "interfaces"]);
        interfaces.at_named(interface).append(list, [port]);
    }
}
