//! Paths of other distributions that Compose files bind. Podman refuses to start a container whose source is
//! missing (podman-run(1), --volume).

use super::created_paths::CreatedPaths;
use crate::ast::EnvFile;
use crate::ast::container::{Volume, VolumeSource};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::filesystem::absent_on_nixos;
use crate::hir::Host;
use crate::hir::job::{Source, Work};
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut created = None;
    for (path, volume) in paths(host) {
        let value = path.value();
        let Some(row) = absent_on_nixos(&value) else { continue };
        if created.get_or_insert_with(|| CreatedPaths::of(host)).has(&value) {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::AbsentPath,
                format!("NixOS has no `{}`", row.path),
                path.span,
                if value.trim_end_matches('/') == row.path {
                    "does not exist".to_owned()
                } else {
                    format!("`{value}` does not exist")
                },
            )
            .help(match volume.is_some_and(is_data) && row.path == "/usr" {
                true => "keep the data in a folder below /srv, and mount that folder",
                false => row.instead,
            }),
        );
    }
}

/// Whether a volume is one that the container writes to. A program of the host is on the same path in the container.
fn is_data(volume: &Volume) -> bool {
    let is_same = matches!(&volume.source, VolumeSource::Bind(path) if path.value() == volume.target.value());
    !is_same && volume.options.iter().all(|option| option.value() != "ro")
}

/// The paths of the host that containers and backups read, with the volumes that bind them.
fn paths(host: &Host) -> impl Iterator<Item = (&Text, Option<&Volume>)> {
    let volumes = host.containers().flat_map(|c| &c.compose.volumes).filter_map(|v| match &v.source {
        VolumeSource::Bind(path) => Some((path, Some(v))),
        VolumeSource::Named(_) | VolumeSource::Tmpfs => None,
    });
    let env_files = host.containers().flat_map(|c| &c.compose.env_file.0).filter_map(|file| match file {
        EnvFile::Path(path) => Some(&path.0),
        EnvFile::Secret(_) => None,
    });
    let backups = host.jobs().filter_map(|job| match &job.work {
        Work::Backup(backup) => match &backup.source {
            Source::Sqlite(path) | Source::Folder(path) => Some(path),
            Source::Postgres(_) => None,
        },
        _ => None,
    });
    volumes.chain(env_files.chain(backups).map(|path| (path, None)))
}
