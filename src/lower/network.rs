//! Podman networks.
//!
//! A unit makes each network, makes it anew where it differs, and removes it when it stops. Every container
//! ensures its networks once more before it starts, because `podman system prune` deletes the network of a stack
//! that is stopped while the unit that made it stays active.

use super::around::Around;
use super::precondition;
use crate::hir::{Container, Host, Network, Service};
use crate::nix::{Expr, Part, parts};
use crate::nixos::{Module, Output};

pub(super) fn lower(host: &Host, output: &mut Output) {
    for network in host.networks.iter().filter(|n| !n.is_external()) {
        let module = output.module("networks.nix", "networks");
        let command = ensure(network);
        unit(network, command, module);
    }
}

/// How each container is attached, and what it therefore needs.
pub(super) fn lower_uses(container: &Container, around: &Around, module: &mut Module) {
    for attached in &container.networks {
        let name = attached.network.as_str();
        let shared = around.shared_networks.get(name).copied();
        if shared.is_some_and(Network::is_external) {
            precondition(
                module,
                container,
                Expr::call("scripts.requireNetwork", [Expr::str(attached.network.clone())]),
            );
            continue;
        }
        let Some(network) = shared.or_else(|| around.own_networks.get(name).copied()) else { continue };
        let unit_name = network.unit();
        let unit = Expr::str(format!("{unit_name}.service"));
        let service = module.unit(&container.unit());
        for list in ["after", "wants", "partOf"] {
            service.append(list, [unit.clone()]);
        }
        precondition(
            module,
            container,
            match shared {
                Some(_) => Expr::code(format!(
                    "config.systemd.services.{}.serviceConfig.ExecStart",
                    crate::nix::attribute(&unit_name)
                )),
                None => Expr::code(OWN),
            },
        );
    }
    if container.on_tailnet {
        let unit = Expr::str(format!("{}.service", super::tailscale::UNIT));
        module.unit(&container.unit()).append("after", [unit.clone()]);
        module.unit(&container.unit()).append("wants", [unit]);
    }
}

/// The network of its own that a service has.
pub(super) fn lower_own(service: &Service, module: &mut Module) {
    if let Some(network) = &service.network {
        module.bindings.push((OWN, ensure(network)));
        unit(network, Expr::code(OWN), module);
    }
}

/// The binding of the command that makes a service's own network.
const OWN: &str = "ensureNetwork";

fn ensure(network: &Network) -> Expr {
    let mut options = vec![Expr::flag("--interface-name=", &network.interface)];
    let driver_opts = network.declared.iter().flat_map(|d| &d.driver_opts.0);
    // Netavark 2, which Podman 6 needs, isolates bridges from each other by default, and Netavark 1 does not
    // (release notes of netavark 2.0.0). The option says the same to both.
    if !driver_opts.clone().any(|(name, _)| name.value() == "isolate") {
        options.push(Expr::str("--opt=isolate=false"));
    }
    if let Some(declared) = &network.declared {
        options.extend(declared.subnet.0.iter().map(|s| Expr::flag("--subnet=", &s.text)));
        options.extend(declared.gateway.0.iter().map(|g| Expr::flag("--gateway=", &g.text)));
        for (name, flag) in [("--ipv6", &declared.ipv6), ("--internal", &declared.internal)] {
            options.extend(super::container::switch(name, flag.as_ref()));
        }
        for (name, value) in driver_opts {
            let mut option = vec![Part::Text("--opt=".into())];
            option.extend(parts(name));
            option.push(Part::Text("=".into()));
            option.extend(parts(value));
            options.push(Expr::Str(option));
        }
    }
    Expr::call("scripts.ensureNetwork", [Expr::str(network.name.clone()), Expr::List(options)])
}

fn unit(network: &Network, command: Expr, module: &mut Module) {
    let unit = module.unit(&network.unit());
    unit.set("description", Expr::str(format!("Podman network {}", network.name)));
    unit.append("wantedBy", [Expr::str("multi-user.target")]);
    unit.set("startLimitIntervalSec", Expr::Int(0));
    unit.set_with(
        "A restart takes the containers along; a stop would leave them down.",
        "stopIfChanged",
        Expr::Bool(false),
    );
    let service = unit.at(&["serviceConfig"]);
    service.set("Type", Expr::str("oneshot"));
    service.set("RemainAfterExit", Expr::Bool(true));
    service.set("ExecStart", command);
    service.set("ExecStop", Expr::call("scripts.removeNetwork", [Expr::str(network.name.clone())]));
    service.set("Restart", Expr::str("on-failure"));
    service.set("RestartSec", Expr::str("10s"));
    // Containers ask the host's aardvark-dns for each other's names, through the host's firewall.
    let firewall = module.config.at(&["networking", "firewall", "interfaces"]).at_named(&network.interface);
    firewall.append("allowedTCPPorts", [Expr::Int(53)]);
    firewall.append("allowedUDPPorts", [Expr::Int(53)]);
}
