//! Pass: [`hir`](crate::hir) → [`nixos`](crate::nixos). One file for each concern; a new one is a file
//! here and a line in [`HOST`] or in [`CONTAINER`].

mod around;
mod arrange;
mod caddy;
mod client;
mod constants;
mod container;
mod etc_file;
mod folder;
mod hardening;
mod health;
mod host;
mod job;
mod mount;
mod network;
mod notify;
mod parameter;
mod podman;
mod podman_args;
mod record;
mod secret;
mod service;
mod tailscale;

use around::Around;
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
    container::lower_host,
    tailscale::lower,
    secret::lower,
    network::lower,
    caddy::lower,
    notify::lower,
    client::lower,
    service::lower_enabled,
    record::lower,
];

/// The concerns of a container, in the order in which their parts stand in its service's module.
const CONTAINER: &[fn(&Container, &Around, &mut Module)] = &[
    container::lower,
    hardening::lower,
    health::lower,
    podman_args::lower,
    secret::lower_uses,
    mount::lower,
    folder::lower,
    etc_file::lower,
    network::lower_uses,
    notify::lower_uses,
];

/// Lowers a host.
pub(crate) fn lower(host: &Host) -> Output {
    let mut output = Output::default();
    for concern in HOST {
        concern(host, &mut output);
    }
    output.modules.values_mut().for_each(arrange::arrange);
    let around = Around::of(host);
    // No service's modules depend on another one's.
    let lowered: Vec<Vec<(String, Module)>> = host
        .services
        .par_iter()
        .map(|service| {
            let own = (format!("services/{}.nix", service.name), lower_service(service, &around));
            let jobs = service.jobs.iter().filter_map(|job| lower_job(job, Some(service), host, &around));
            std::iter::once(own).chain(jobs).collect()
        })
        .collect();
    output.modules.extend(lowered.into_iter().flatten());
    output.modules.extend(host.jobs.iter().filter_map(|job| lower_job(job, None, host, &around)));
    output
}

fn lower_job(job: &Job, owner: Option<&Service>, host: &Host, around: &Around) -> Option<(String, Module)> {
    let mut module = job::lower(job, owner, host, around)?;
    arrange::arrange(&mut module);
    Some((format!("jobs/{}.nix", job.name), module))
}

fn lower_service(service: &Service, around: &Around) -> Module {
    let mut module = Module { origin: format!("services.{}", service.name), ..Module::default() };
    service::lower(service, around, &mut module);
    network::lower_own(service, &mut module);
    for concern in CONTAINER {
        for container in &service.containers {
            concern(container, around, &mut module);
        }
    }
    service::lower_nixos(service, &mut module);
    parameter::lower(service.name.as_str(), &service.parameters, &mut module);
    arrange::arrange(&mut module);
    module
}

/// A container's attributes below `virtualisation.oci-containers.containers`.
fn container_set<'a>(module: &'a mut Module, container: &Container) -> &'a mut Set {
    module.config.at(CONTAINERS).at(&[container.name.as_str()])
}

/// Where NixOS has containers.
const CONTAINERS: &[&str] = &["virtualisation", "oci-containers", "containers"];

/// A container's attribute `homeserver`, which containers.nix declares: the settings without an option of NixOS.
fn own_set<'a>(module: &'a mut Module, container: &Container) -> &'a mut Set {
    container_set(module, container).at(&[OWN])
}

/// The attribute of a container that containers.nix declares.
const OWN: &str = "homeserver";

/// `value`, where a plain definition of the owner's wins. A `mkDefault` that a profile brought does not:
/// the file says what this host is.
fn owners_default(value: Expr) -> Expr {
    Expr::call("lib.mkOverride", [Expr::Int(900), value])
}
