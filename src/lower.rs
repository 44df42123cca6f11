//! Pass: [`hir`](crate::hir) → [`nixos`](crate::nixos). One file for each concern; a new one is a file
//! here and a line in [`CONCERNS`].

mod arrange;
mod caddy;
mod constants;
mod container;
mod folder;
mod health;
mod host;
mod mount;
mod network;
mod podman;
mod podman_args;
mod secret;
mod service;
mod tailscale;

use std::collections::HashMap;

use crate::ast::Number;
use crate::hir::{Container, Host, HostPort, Service};
use crate::nix::{Expr, Set};
use crate::nixos::{Module, Output};
use crate::tree::{Atom, Piece, Reference, Target, Text};

/// The concerns, in the order in which their parts stand in the output.
const CONCERNS: &[fn(&Host, &mut Output)] = &[
    constants::lower,
    host::lower,
    podman::lower,
    tailscale::lower,
    secret::lower,
    network::lower,
    caddy::lower,
    service::lower,
    container::lower,
    health::lower,
    podman_args::lower,
    secret::lower_uses,
    mount::lower,
    folder::lower,
    network::lower_uses,
    service::lower_nixos,
    arrange::lower,
];

/// Lowers a host.
pub fn lower(host: &Host) -> Output {
    let mut output = Output::default();
    for concern in CONCERNS {
        concern(host, &mut output);
    }
    output
}

/// The module of a service.
fn service_module<'a>(service: &Service, output: &'a mut Output) -> &'a mut Module {
    output.module(&format!("services/{}.nix", service.name), &format!("services.{}", service.name))
}

/// Goes through every container with its service's module.
fn each_container(host: &Host, output: &mut Output, mut lower: impl FnMut(&Container, &mut Module)) {
    for service in &host.services {
        for container in &service.containers {
            lower(container, service_module(service, output));
        }
    }
}

/// A container's attributes below `virtualisation.oci-containers.containers`.
fn container_set<'a>(module: &'a mut Module, container: &Container) -> &'a mut Set {
    module.config.at(&["virtualisation", "oci-containers", "containers", &container.name])
}

/// Adds a command that has to succeed before a container starts.
fn precondition(module: &mut Module, container: &Container, command: Expr) {
    let service = module.unit(&container.unit()).at(&["serviceConfig"]);
    let call = service.0.entry("ExecStartPre".to_owned()).or_insert_with(|| crate::nix::Attr {
        value: Expr::call("lib.mkBefore", [Expr::List(Vec::new())]),
        comment: None,
        name: None,
    });
    if let Expr::Call(call) = &mut call.value
        && let Some(Expr::List(commands)) = call.last_mut()
        && !commands.contains(&command)
    {
        commands.push(command);
    }
}

/// Lets a unit, once it is up, start those that require it: what a requirement failed stays failed, even
/// when that comes up later. `Wants=` in return would do the same, and would start the one that fails
/// again and again without a pause, each through the other.
fn start_afterwards(service: &mut Set, units: Vec<Expr>) {
    service.set("ExecStartPost", Expr::call("scripts.start", [Expr::List(units)]));
}

/// The ports of services, by their names.
struct Ports<'a>(HashMap<&'a str, &'a Number>);

impl<'a> Ports<'a> {
    fn of(host: &'a Host) -> Ports<'a> {
        let services = host.services.iter();
        Ports(services.filter_map(|s| Some((s.name.as_str(), s.port.as_ref()?))).collect())
    }

    /// A port of the host behind a site, as a text.
    fn text(&self, port: &HostPort) -> Text {
        match port {
            HostPort::Fixed(text) => text.clone(),
            HostPort::Service(name) => {
                let port = self.0.get(name.as_str());
                let span = port.map_or_else(Default::default, |p| p.text.span);
                let value = Atom::Int(port.map_or(0, |p| p.value));
                let reference = Reference { target: Target::Port(name.clone()), value, span };
                Text { pieces: vec![Piece::Reference(reference)], span, plain: false }
            }
        }
    }
}

/// `value`, where a plain definition of the owner's wins. A `mkDefault` that a profile brought does not:
/// the file says what this host is.
fn owners_default(value: Expr) -> Expr {
    Expr::call("lib.mkOverride", [Expr::Int(900), value])
}
