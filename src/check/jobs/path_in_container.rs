//! A backup reads paths of the host. A path inside a container is a different path.

use std::collections::{HashMap, HashSet};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::map::{self, MapError, Mounted};
use crate::path::ancestors;
use crate::setting::{Volume, VolumeSource};
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut known: Option<HashSet<String>> = None;
    for service in &host.services {
        let paths: Vec<&Text> = service.jobs.iter().filter_map(|job| job.backup()?.source.path()).collect();
        if paths.is_empty() {
            continue;
        }
        let volumes: HashMap<String, &Volume> = service
            .containers
            .iter()
            .flat_map(|c| &c.volumes)
            .map(|volume| (trimmed(&volume.target), volume))
            .collect();
        let mut mounted: Option<Vec<(&Container, Mounted)>> = None;
        for path in paths {
            let value = path.value();
            let Some(volume) = ancestors(&value).find_map(|folder| volumes.get(folder)) else { continue };
            let known = known.get_or_insert_with(|| of_host(host));
            if diagnostics.is_full() || ancestors(&value).any(|folder| known.contains(folder)) {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(
                    Code::PathInContainer,
                    format!("`{value}` is a path inside a container"),
                    path.span,
                    "expected a path of the host",
                )
                .and(volume.span, "mounted in the container by this volume")
                .help({
                    let of_service = || service.containers.iter().map(|c| (c, Mounted::of(c))).collect();
                    help(&value, mounted.get_or_insert_with(of_service), volume)
                }),
            );
        }
    }
}

fn help(path: &str, containers: &[(&Container, Mounted)], volume: &Volume) -> String {
    match map::on_host_in(containers, path) {
        Ok(on_host) => format!("write `{on_host}`"),
        Err(MapError::Ambiguous(all)) => {
            let paths: Vec<String> = all.iter().map(|(_, path)| format!("`{path}`")).collect();
            format!("write {}", paths.join(" or "))
        }
        Err(_) => {
            let target = volume.target.value();
            format!("mount a folder of the host at {target}, and write that folder's path")
        }
    }
}

/// The host paths in the file: the sources of volumes and the mount points. `/` is left out because it contains every
/// path, including those of containers.
fn of_host(host: &Host) -> HashSet<String> {
    let volumes = host.containers().flat_map(|c| &c.volumes).filter_map(|v| match &v.source {
        VolumeSource::Bind(source) => Some(source),
        VolumeSource::Named(_) | VolumeSource::Tmpfs => None,
    });
    let disks = host.machine.mounts.entries.iter().map(|(at, _)| at);
    volumes.chain(disks).map(trimmed).filter(|path| !path.is_empty()).collect()
}

fn trimmed(path: &Text) -> String {
    path.value().trim_end_matches('/').to_owned()
}
