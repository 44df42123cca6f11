//! Root writes backups, and a container that writes to the same folder can rename them and put links in their place.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::job::{Repository, Source, Work};
use crate::map::Written;
use crate::path::is_below;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let written = Written::of(host);
    for job in host.jobs() {
        let Work::Backup(backup) = &job.work else { continue };
        let repository = backup.offsite.as_ref().and_then(|offsite| match &offsite.repository {
            Repository::Plain(repository) => Some(repository),
            Repository::Secret(_) => None,
        });
        for target in [&backup.to].into_iter().chain(repository) {
            let path = target.value();
            let Some(writer) = written.holding(&path) else { continue };
            let folder = writer.folder.value();
            // Another rule reports a backup into the folder that it saves.
            if matches!(&backup.source, Source::Folder(source) if is_below(&path, &source.value())) {
                continue;
            }
            let user = writer.user.as_ref().map(|user| format!(" as user {user}")).unwrap_or_default();
            let place = if is_below(&folder, &path) { "is" } else { "is below" };
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupInVolume,
                    format!("container `{}` can change the backups in {path}", writer.container),
                    target.span,
                    format!("{place} {folder}"),
                )
                .and(writer.span, format!("`{}` writes to {folder}{user}", writer.container))
                .help(format!("choose a folder outside of {folder}, or mount {folder} with `:ro`")),
            );
        }
    }
}
