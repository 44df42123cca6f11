//! A backup of a path that no container mounts is probably outdated: the volume moved, the old data is still there, so
//! every backup succeeds, and the new data is in none.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Service};
use crate::map;
use crate::path::ancestors;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in &host.services {
        let sources = sources(service);
        for path in unseen(service) {
            let value = path.value();
            if is_in_container(service, &value) {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupUnseen,
                    format!("no container of `{}` mounts `{value}`", service.name),
                    path.span,
                    "expected the source of a volume",
                )
                .and(service.span, "this service")
                .help(match (sources.len(), sources.iter().next()) {
                    (1, Some(only)) => format!("did you mean `{only}`?"),
                    _ => "write the path that the volume has on the host; `homegen map-path SERVICE PATH` prints it"
                        .to_owned(),
                }),
            );
        }
    }
}

/// The paths that backups of a service save and that no container of the service mounts.
pub(in crate::check) fn unseen(service: &Service) -> Vec<&Text> {
    // A NixOS service keeps its data in the folder of its module.
    if service.nixos.is_some() || !service.native.units.is_empty() {
        return Vec::new();
    }
    let sources = sources(service);
    if sources.is_empty() {
        return Vec::new();
    }
    let within: HashSet<&str> = sources.iter().flat_map(|source| ancestors(source)).collect();
    let is_unseen = |path: &&Text| {
        let value = path.value();
        !within.contains(value.trim_end_matches('/'))
            && !ancestors(&value).any(|folder| sources.contains(folder))
    };
    service.jobs.iter().filter_map(|job| job.backup()?.source.path()).filter(is_unseen).collect()
}

/// The paths of the host that the containers of a service mount, without a trailing slash.
fn sources(service: &Service) -> HashSet<String> {
    let volumes = service.containers.iter().flat_map(|container| &container.volumes);
    volumes.filter_map(map::source).map(|path| path.trim_end_matches('/').to_owned()).collect()
}

/// True if the path is one inside a container, which `path_in_container.rs` reports.
fn is_in_container(service: &Service, path: &str) -> bool {
    let volumes = service.containers.iter().flat_map(|c| &c.volumes);
    let targets: HashSet<String> =
        volumes.map(|v| v.target.value().trim_end_matches('/').to_owned()).collect();
    ancestors(path).any(|folder| targets.contains(folder))
}
