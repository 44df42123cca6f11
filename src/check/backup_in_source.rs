//! A backup of a folder does not go into that folder: each would hold the ones before it.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::job::{Source, Work};
use crate::path::is_below;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for job in host.jobs() {
        let Work::Backup(backup) = &job.work else { continue };
        let Source::Folder(folder) = &backup.source else { continue };
        if is_below(&backup.to.value(), &folder.value()) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupInSource,
                    "a backup into the folder that it saves",
                    backup.to.span,
                    "is inside of it",
                )
                .and(folder.span, "this folder is saved")
                .help("choose a folder outside of it, best on another disk"),
            );
        }
    }
}
