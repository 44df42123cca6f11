//! The files of a running Postgres are no backup: a copy of them is of several moments.

use std::collections::HashMap;

use super::databases::known_databases;
use crate::ast::container::{Volume, VolumeSource};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::{Source, Work};
use crate::hir::{Container, Host};
use crate::image::Kind;
use crate::path::ancestors;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let volumes: Vec<(&Container, &Volume, String)> = known_databases(host)
        .filter(|(_, known)| known.kind == Kind::Postgres)
        .flat_map(|(container, _)| container.compose.volumes.iter().map(move |volume| (container, volume)))
        .filter_map(|(container, volume)| match &volume.source {
            VolumeSource::Bind(path) => Some((container, volume, path.value())),
            VolumeSource::Named(_) | VolumeSource::Tmpfs => None,
        })
        .collect();
    // By the folder that it is, and by each one that it lies in.
    let mut data: HashMap<&str, (&Container, &Volume)> = HashMap::new();
    let mut within: HashMap<&str, (&Container, &Volume)> = HashMap::new();
    for (container, volume, path) in &volumes {
        for (depth, folder) in ancestors(path).enumerate() {
            if depth == 0 {
                data.entry(folder).or_insert((container, volume));
            }
            within.entry(folder).or_insert((container, volume));
        }
    }
    for job in host.jobs() {
        let Work::Backup(backup) = &job.work else { continue };
        let Source::Folder(folder) = &backup.source else { continue };
        let path = folder.value();
        let found = within.get(path.trim_end_matches('/'));
        let found = found.or_else(|| ancestors(&path).find_map(|folder| data.get(folder)));
        let Some((container, volume)) = found else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::BackupOfRunning,
                format!("the database of `{}` would be copied while it runs", container.name),
                folder.span,
                "is saved file by file",
            )
            .and(volume.span, "has the files of a Postgres")
            .help("save it with `postgres: { container: …, database: …, user: … }`"),
        );
    }
}
