//! The files of a running Postgres are no backup: a copy of them is of several moments.

use crate::ast::container::VolumeSource;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::job::{Source, Work};
use crate::image::{ImageName, Kind};
use crate::path::is_below;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for job in host.jobs() {
        let Work::Backup(backup) = &job.work else { continue };
        let Source::Folder(folder) = &backup.source else { continue };
        for container in host.containers() {
            let known = ImageName::of(&container.compose.image).known();
            if known.is_none_or(|known| known.kind != Kind::Postgres) {
                continue;
            }
            let data = container.compose.volumes.iter().find(|volume| {
                let VolumeSource::Bind(path) = &volume.source else { return false };
                let (path, folder) = (path.value(), folder.value());
                is_below(&path, &folder) || is_below(&folder, &path)
            });
            let Some(data) = data else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupOfRunning,
                    format!("the database of `{}` would be copied while it runs", container.name),
                    folder.span,
                    "is saved file by file",
                )
                .and(data.span, "has the files of a Postgres")
                .help("save it with `postgres: { container: …, database: …, user: … }`"),
            );
        }
    }
}
