//! Pass: [`hir`](crate::hir) → [`inventory`](crate::inventory). One file per kind of part.

mod container;
mod host;
mod image;
mod job;
mod port;
mod secret;
mod service;
mod site;
mod volume;

use crate::hir;
use crate::inventory::Inventory;
use crate::tree::Text;

/// Finds the parts of a host. `file` is the name of the compiled file.
pub(crate) fn survey(host: &hir::Host, file: &str) -> Inventory {
    let sites = site::survey(host);
    Inventory {
        host: host::survey(host, file),
        services: service::survey(host, &sites),
        containers: container::survey(host),
        disks: volume::survey_disks(host),
        ports: port::survey(host),
        images: image::survey(host),
        secrets: secret::survey(host),
        jobs: job::survey(host),
        volumes: volume::survey(host),
        sites,
    }
}

/// The services that are on.
fn services(host: &hir::Host) -> impl Iterator<Item = &hir::Service> {
    host.services.iter().filter(|service| service.enable)
}

/// The containers of the services that are on, each with its service.
fn containers(host: &hir::Host) -> impl Iterator<Item = (&hir::Service, &hir::Container)> {
    services(host).flat_map(|service| service.containers.iter().map(move |container| (service, container)))
}

/// The jobs that are on, each with its service. A job without an `enable` is on if its service is, or the service of its
/// container.
fn jobs(host: &hir::Host) -> impl Iterator<Item = (Option<&hir::Service>, &hir::Job)> {
    let of_services =
        host.services.iter().flat_map(|service| service.jobs.iter().map(move |job| (Some(service), job)));
    let of_host = host.jobs.iter().map(|job| (None, job));
    of_services.chain(of_host).filter(|(service, job)| {
        let container = match &job.work {
            hir::job::Work::Exec(exec) => exec.container.as_ref(),
            _ => None,
        };
        let owner = service.or_else(|| host.service_of(container?));
        job.enable.unwrap_or_else(|| owner.is_none_or(|owner| owner.enable))
    })
}

/// The number of a port of the host.
fn number(port: &hir::HostPort, host: &hir::Host) -> Option<u16> {
    match port {
        hir::HostPort::Fixed(text) => text.value().parse().ok(),
        hir::HostPort::Service(id) => {
            host.service(id)?.port.as_ref().and_then(|port| port.value.try_into().ok())
        }
    }
}

/// The values of texts.
fn values<'a>(texts: impl IntoIterator<Item = &'a Text>) -> Vec<String> {
    texts.into_iter().map(Text::value).collect()
}
