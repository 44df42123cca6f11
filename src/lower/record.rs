//! The record of a build: the data locations of a host's containers and backups, for comparison with the next
//! build.
//!
//! ```yaml
//! wiki:
//!   containers:
//!     server: { image: docker.io/example/wiki:1, volumes: ["/srv/wiki:/data", "cache:/cache"] }
//! ```
//!
//! becomes, in `homegen.json`,
//!
//! ```json
//! "wiki": { "containers": { "server": {
//!   "name": "wiki-server", "image": "docker.io/example/wiki:1",
//!   "mounts": { "/cache": "wiki_cache", "/data": "/srv/wiki" }
//! } } }
//! ```

use crate::hir::{self, Host};
use crate::nixos::Output;
use crate::path::normalized;
use crate::record::{Backup, Container, Service};

pub(super) fn lower(host: &Host, output: &mut Output) {
    let record = &mut output.record;
    record.services = host.services.iter().map(|s| (s.name.to_string(), service(s))).collect();
    let shared = host.networks.iter().filter(|network| !network.is_external());
    let own = host.services.iter().filter_map(|service| service.network.as_ref());
    record.networks = shared
        .chain(own)
        .map(|network| {
            let subnets = network.settings.subnet.0.iter().map(|subnet| subnet.text.value()).collect();
            (network.name.to_string(), subnets)
        })
        .collect();
    record.mounts = host
        .machine
        .mounts
        .entries
        .iter()
        .map(|(path, mount)| {
            let nfs = mount.nfs.as_ref();
            (normalized(&path.value()), nfs.map(|nfs| nfs.text.value()))
        })
        .collect();
    record.postgres = host.postgres.as_ref().map(|postgres| postgres.version.value.0);
}

fn service(service: &hir::Service) -> Service {
    Service {
        containers: service.containers.iter().map(|c| (c.short.clone(), container(c))).collect(),
        backups: service.jobs.iter().filter_map(|job| backup(job, service)).collect(),
    }
}

fn container(container: &hir::Container) -> Container {
    let mounts = container
        .volumes
        .iter()
        .filter_map(|volume| Some((normalized(&volume.target.value()), volume.recorded_source()?)));
    Container {
        name: container.name.to_string(),
        image: container.settings.image.text.value(),
        mounts: mounts.collect(),
    }
}

fn backup(job: &hir::Job, service: &hir::Service) -> Option<(String, Backup)> {
    let backup = job.backup()?;
    let (kind, source) = backup.source.recorded();
    let name = backup.stem.strip_prefix(&format!("{}-", service.name)).unwrap_or(&backup.stem).to_owned();
    let to = backup.to().map(|to| normalized(&to.value()));
    Some((name, Backup { kind: kind.to_owned(), source, name: backup.stem.clone(), to }))
}
