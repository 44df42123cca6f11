//! A volume that moved while its backup did not: the old data is still there, so every backup succeeds, and the
//! new data is in none.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Service};
use crate::map;
use crate::path::ancestors;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in &host.services {
        // A service of NixOS's own keeps its data where its module says.
        if service.nixos.is_some() {
            continue;
        }
        let sources: HashSet<String> = service
            .containers
            .iter()
            .flat_map(|c| &c.volumes)
            .filter_map(map::source)
            .map(|path| path.trim_end_matches('/').to_owned())
            .collect();
        if sources.is_empty() {
            continue;
        }
        let within: HashSet<&str> = sources.iter().flat_map(|source| ancestors(source)).collect();
        for path in service.jobs.iter().filter_map(|job| job.backup()?.source.path()) {
            let value = path.value();
            let seen = within.contains(value.trim_end_matches('/'))
                || ancestors(&value).any(|folder| sources.contains(folder));
            if seen || is_in_container(service, &value) {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupUnseen,
                    format!("no container of `{}` has `{value}`", service.name),
                    path.span,
                    "backed up, and no volume mounts it",
                )
                .and(service.span, "the containers of this service")
                .help("write the path that the volume has on the host; `homegen map-path` prints it"),
            );
        }
    }
}

/// Whether the path is one in a container, which another rule reports.
fn is_in_container(service: &Service, path: &str) -> bool {
    let volumes = service.containers.iter().flat_map(|c| &c.volumes);
    let targets: HashSet<String> =
        volumes.map(|v| v.target.value().trim_end_matches('/').to_owned()).collect();
    ancestors(path).any(|folder| targets.contains(folder))
}
