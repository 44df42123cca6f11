//! Ports of the host that the firewall opens for containers: those of a container on the host's network, and those that a
//! container reaches.
//!
//! ```yaml
//! chat: { image: …, host_ports: [11434] }
//! ```
//! ```nix
//! networking.firewall.interfaces.br-chat.allowedTCPPorts = [ 11434 ];
//! ```
//!
//! Packets of a container to an address of the host come in through the bridge of its network. Podman gives the host the
//! name `host.containers.internal` in each container, with the gateway of one of its networks (podman-run(1), --add-host).

use super::container_set;
use super::context::HostContext;
use crate::hir::Container;
use crate::nix::{Expr, Part, Set, parts};
use crate::nixos::Module;
use crate::setting::Expose;
use crate::tree::Text;

pub(super) fn lower(container: &Container, context: &HostContext, module: &mut Module) {
    for interface in &container.settings.firewall.0 {
        open(&container.settings.expose, &interface.text, module);
    }
    if container.settings.host_ports.is_empty() {
        return;
    }
    let host = context.host;
    let networks = host.networks_of(container);
    for network in networks.iter().filter(|network| !network.is_external()) {
        open(&container.settings.host_ports, &network.interface, module);
    }
    // Podman may choose the gateway of an external network, on whose bridge the ports are not open.
    if networks.iter().any(|network| network.is_external())
        && let Some(gateway) = host.gateway(container)
        && container.shares_network_of.is_none()
        && !container.settings.extra_hosts.0.iter().any(|(name, _)| name.value() == HOST)
    {
        let mut option = vec![Part::Text(format!("--add-host={HOST}:").into())];
        option.extend(parts(&gateway.address));
        container_set(module, container).append("extraOptions", [Expr::Str(option)]);
    }
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
