//! Podman networks.
//!
//! ```yaml
//! networks: { lan: { subnet: 172.20.0.0/16 } }
//! ```
//! ```nix
//! homeserver.networks.lan = { interface = "br-lan"; options = [ "--subnet=172.20.0.0/16" ]; };
//! ```
//!
//! containers.nix has a unit for each network. It creates the network, recreates it if its options changed, and
//! removes it when the unit stops. Every container checks its networks again before it starts, because `podman
//! system prune` deletes the network of a stopped service while the network's unit stays active.

use super::context::HostContext;
use super::own_set;
use crate::hir::{Container, Host, Network, Service};
use crate::nix::{Expr, Part, Set, parts};
use crate::nixos::{Module, Output};

/// Lowers the networks that services share.
pub(super) fn lower(host: &Host, output: &mut Output) {
    for network in &host.networks {
        declare(network, output.module("networks.nix", "networks"));
    }
}

/// Lowers a service's own network.
pub(super) fn lower_own(service: &Service, module: &mut Module) {
    if let Some(network) = &service.network {
        declare(network, module);
    }
}

/// Lowers the dependency of a container that publishes ports on the host's tailnet address.
pub(super) fn lower_uses(container: &Container, _: &HostContext, module: &mut Module) {
    if container.on_tailnet {
        own_set(module, container).set("tailnet", Expr::Bool(true));
    }
}

fn declare(network: &Network, module: &mut Module) {
    let mut set = Set::default();
    if network.is_external() {
        set.set("external", Expr::Bool(true));
    } else {
        set.set("interface", Expr::text(&network.interface));
        set.append("options", options(network));
    }
    module.config.at(&["homeserver", "networks"]).set(network.name.to_string(), Expr::Set(set));
}

/// The options of `podman network create`.
fn options(network: &Network) -> Vec<Expr> {
    let declared = &network.settings;
    let mut options = Vec::new();
    options.extend(declared.subnet.0.iter().map(|s| Expr::flag("--subnet=", &s.text)));
    options.extend(declared.gateway.0.iter().map(|g| Expr::flag("--gateway=", &g.text)));
    options.extend(declared.ip_range.0.iter().map(|r| Expr::flag("--ip-range=", &r.text)));
    for (name, flag) in [("--ipv6", &declared.ipv6), ("--internal", &declared.internal)] {
        options.extend(super::container::switch(name, flag));
    }
    for (name, value) in &declared.driver_opts.0 {
        let mut option = vec![Part::Text("--opt=".into())];
        option.extend(parts(name));
        option.push(Part::Text("=".into()));
        option.extend(parts(value));
        options.push(Expr::Str(option));
    }
    options
}
