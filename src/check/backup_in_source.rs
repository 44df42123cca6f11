//! A backup does not go into what it saves: each would hold the ones before it.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::job::{Repository, Source, Work};
use crate::path::is_below;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for job in host.jobs() {
        let Work::Backup(backup) = &job.work else { continue };
        let to = backup.to.value();
        if let Some(offsite) = &backup.offsite
            && let Repository::Plain(repository) = &offsite.repository
            && is_below(&repository.value(), &to)
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupInSource,
                    "a copy elsewhere that is in the same place",
                    repository.span,
                    "is inside of what it copies",
                )
                .and(backup.to.span, "this folder is copied")
                .help("choose a repository on another disk, or another host"),
            );
        }
        let folder = match &backup.source {
            Source::Folder(path) | Source::Sqlite(path) => path,
            Source::Postgres(_) => continue,
        };
        if is_below(&to, &folder.value()) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupInSource,
                    "a backup into the folder that it saves",
                    backup.to.span,
                    "is it, or is inside of it",
                )
                .and(folder.span, "this is saved")
                .help("choose a folder outside of it, best on another disk"),
            );
        }
    }
}
