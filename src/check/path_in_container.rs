//! A backup reads the host's paths, and a container's own paths are others.

use crate::ast::container::{Volume, VolumeSource};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::{Source, Work};
use crate::hir::{Host, Service};
use crate::map::{self, Nowhere};
use crate::path::is_below;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in &host.services {
        for job in &service.jobs {
            let Work::Backup(backup) = &job.work else { continue };
            let (Source::Sqlite(path) | Source::Folder(path)) = &backup.source else { continue };
            let value = path.value();
            let Some(volume) = volume_over(&value, service).filter(|_| !is_known(&value, host)) else {
                continue;
            };
            let help = match map::on_host(service, None, &value) {
                Ok(on_host) => format!("write `{on_host}`"),
                Err(Nowhere::Ambiguous(all)) => {
                    let paths: Vec<String> = all.iter().map(|(_, path)| format!("`{path}`")).collect();
                    format!("write {}", paths.join(" or "))
                }
                Err(_) => {
                    let target = volume.target.value();
                    format!("mount a folder of the host at {target}, and write that folder's path")
                }
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::PathInContainer,
                    format!("`{value}` is a path inside of a container"),
                    path.span,
                    "is read on the host",
                )
                .and(volume.span, "is there by this volume")
                .help(help),
            );
        }
    }
}

/// The volume that a path of the service's containers lies in, the innermost one.
fn volume_over<'a>(path: &str, service: &'a Service) -> Option<&'a Volume> {
    let volumes = service.containers.iter().flat_map(|c| &c.compose.volumes);
    volumes.filter(|v| is_below(path, &v.target.value())).max_by_key(|v| v.target.value().len())
}

/// Whether the file speaks of this path as one of the host's: by a volume, or by a disk.
fn is_known(path: &str, host: &Host) -> bool {
    let by_volume = |volume: &Volume| match &volume.source {
        VolumeSource::Bind(source) => is_below(path, &source.value()),
        VolumeSource::Named(_) | VolumeSource::Tmpfs => false,
    };
    host.containers().flat_map(|c| &c.compose.volumes).any(by_volume)
        || host.machine.mounts.0.iter().any(|(at, _)| at.value() != "/" && is_below(path, &at.value()))
}
