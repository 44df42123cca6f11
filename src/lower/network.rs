//! Podman networks.
//!
//! A unit makes each network, and makes it anew where it differs. Every container ensures its networks
//! once more before it starts, because `podman system prune` deletes the network of a stack that is
//! stopped while the unit that made it stays active.

use std::collections::HashMap;

use super::{each_container, precondition, service_module};
use crate::hir::{Host, Network};
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
pub(super) fn lower_uses(host: &Host, output: &mut Output) {
    let all_shared: HashMap<&str, &Network> = host.networks.iter().map(|n| (n.name.as_str(), n)).collect();
    let all_own: HashMap<&str, &Network> =
        host.services.iter().filter_map(|s| s.network.as_ref()).map(|n| (n.name.as_str(), n)).collect();
    each_container(host, output, |container, module| {
        for attached in &container.networks {
            let name = attached.network.as_str();
            let shared = all_shared.get(name).copied();
            if shared.is_some_and(Network::is_external) {
                precondition(
                    module,
                    container,
                    Expr::call("scripts.requireNetwork", [Expr::str(&attached.network)]),
                );
                continue;
            }
            let Some(network) = shared.or_else(|| all_own.get(name).copied()) else { continue };
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
    });
    for service in &host.services {
        if let Some(network) = &service.network {
            let module = service_module(service, output);
            module.bindings.push((OWN, ensure(network)));
            unit(network, Expr::code(OWN), module);
        }
    }
}

/// The binding of the command that makes a service's own network.
const OWN: &str = "ensureNetwork";

fn ensure(network: &Network) -> Expr {
    let mut options = vec![Expr::flag("--interface-name=", &network.interface)];
    if let Some(declared) = &network.declared {
        options.extend(declared.subnet.0.iter().map(|s| Expr::flag("--subnet=", &s.0)));
        options.extend(declared.gateway.0.iter().map(|g| Expr::flag("--gateway=", &g.0)));
        for (name, flag) in [("--ipv6", &declared.ipv6), ("--internal", &declared.internal)] {
            options.extend(super::container::switch(name, flag.as_ref()));
        }
        for (name, value) in &declared.driver_opts.0 {
            let mut option = vec![Part::Text("--opt=".to_owned())];
            option.extend(parts(name));
            option.push(Part::Text("=".to_owned()));
            option.extend(parts(value));
            options.push(Expr::Str(option));
        }
    }
    Expr::call("scripts.ensureNetwork", [Expr::str(&network.name), Expr::List(options)])
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
    service.set("Restart", Expr::str("on-failure"));
    service.set("RestartSec", Expr::str("10s"));
    // Containers ask the host's aardvark-dns for each other's names, through the host's firewall.
    let firewall = module.config.at(&["networking", "firewall", "interfaces"]).at_named(&network.interface);
    firewall.append("allowedTCPPorts", [Expr::Int(53)]);
    firewall.append("allowedUDPPorts", [Expr::Int(53)]);
}
