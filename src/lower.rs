//! Pass: [`hir`](crate::hir) → [`nixos`](crate::nixos). One file per concern. A new concern is a file here and a
//! line in [`HOST`] or [`CONTAINER`].

mod address;
mod adguard;
mod arrange;
mod caddy;
mod client;
mod cloudflared;
mod commands;
mod completion;
mod connection;
mod constants;
mod container;
mod container_file;
mod context;
mod etc_file;
mod firewall;
mod folder;
mod haproxy;
mod hardening;
mod health;
mod host;
mod job;
mod mount;
mod native;
mod network;
mod notify;
mod parameter;
mod podman;
mod podman_args;
mod port_clients;
mod postgres;
mod record;
mod secret;
mod service;
mod slice;
mod tailscale;
mod valkey;
mod zfs;

use context::HostContext;
use rayon::prelude::*;

use crate::hir::{Container, Host, Job, Service};
use crate::nix::{Expr, Set};
use crate::nixos::{Module, Output};

/// The concerns of the host.
const HOST: &[fn(&Host, &mut Output)] = &[
    constants::lower,
    host::lower,
    mount::lower_host,
    podman::lower,
    commands::lower,
    container::lower_host,
    completion::lower_host,
    container_file::lower_host,
    port_clients::lower_host,
    native::lower_host,
    tailscale::lower,
    secret::lower,
    postgres::lower,
    valkey::lower,
    zfs::lower,
    network::lower,
    caddy::lower,
    haproxy::lower,
    cloudflared::lower,
    adguard::lower,
    notify::lower,
    client::lower,
    service::lower_enabled,
    record::lower,
];

/// The concerns of a container, in the order of their parts in the service's module.
const CONTAINER: &[fn(&Container, &HostContext, &mut Module)] = &[
    container::lower,
    completion::lower,
    firewall::lower,
    hardening::lower,
    health::lower,
    podman_args::lower,
    secret::lower_uses,
    container_file::lower,
    postgres::lower_uses,
    valkey::lower_uses,
    mount::lower,
    folder::lower,
    etc_file::lower,
    network::lower_uses,
    port_clients::lower,
    notify::lower_uses,
];

pub(crate) use secret::rules;

/// Lowers a host.
pub(crate) fn lower(host: &Host) -> Output {
    let mut output = Output::default();
    for concern in HOST {
        concern(host, &mut output);
    }
    output.modules.values_mut().for_each(arrange::arrange);
    let context = HostContext::of(host);
    // In parallel: the modules of a service do not depend on those of another one.
    let lowered: Vec<Vec<(String, Module)>> = host
        .services
        .par_iter()
        .map(|service| {
            let own = (format!("services/{}.nix", service.name), lower_service(service, &context));
            let jobs = service.jobs.iter().filter_map(|job| lower_job(job, Some(service), host, &context));
            std::iter::once(own).chain(jobs).collect()
        })
        .collect();
    output.modules.extend(lowered.into_iter().flatten());
    output.modules.extend(host.jobs.iter().filter_map(|job| lower_job(job, None, host, &context)));
    output
}

fn lower_job(
    job: &Job,
    owner: Option<&Service>,
    host: &Host,
    context: &HostContext,
) -> Option<(String, Module)> {
    let mut module = job::lower(job, owner, host, context)?;
    arrange::arrange(&mut module);
    Some((format!("jobs/{}.nix", job.name), module))
}

fn lower_service(service: &Service, context: &HostContext) -> Module {
    let mut module = Module { origin: format!("services.{}", service.name), ..Module::default() };
    service::lower(service, context, &mut module);
    network::lower_own(service, &mut module);
    for concern in CONTAINER {
        for container in &service.containers {
            concern(container, context, &mut module);
        }
    }
    service::lower_containers(service, &mut module);
    native::lower(service, context, &mut module);
    slice::lower(service, &mut module);
    service::lower_nixos(service, &mut module);
    parameter::lower(service.name.as_str(), &service.parameters, &mut module);
    arrange::arrange(&mut module);
    module
}

/// A container's attributes below `virtualisation.oci-containers.containers`.
fn container_set<'a>(module: &'a mut Module, container: &Container) -> &'a mut Set {
    module.config.at(CONTAINERS).at(&[container.name.as_str()])
}

/// The NixOS option of containers.
const CONTAINERS: &[&str] = &["virtualisation", "oci-containers", "containers"];

/// A container's attribute `homeserver`, declared by containers.nix: settings without a NixOS option.
fn own_set<'a>(module: &'a mut Module, container: &Container) -> &'a mut Set {
    container_set(module, container).at(&[OWN])
}

/// The attribute of a container that containers.nix declares.
const OWN: &str = "homeserver";

/// Lets a switch restart a changed front at its end, instead of stopping it for all of the switch. Two fronts may exchange a
/// port: the one that loses it has to stop before the other one starts.
fn keep_up(unit: &mut Set) {
    unit.set_with(
        "Restarted at the end of a switch, and not stopped for all of it.",
        "stopIfChanged",
        owners_default(Expr::Bool(false)),
    );
}

/// `value` with a priority that a plain definition of the owner overrides. A `mkDefault` of a profile does not
/// override it, because the file describes this host.
fn owners_default(value: Expr) -> Expr {
    Expr::call("lib.mkOverride", [Expr::Int(900), value])
}
