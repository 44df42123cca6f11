//! A backup does not go into what it saves: each would hold the ones before it.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::is_below;
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (_, backup) in host.backups() {
        let saved = backup.source.path();
        if let Some(saved) = saved.filter(|saved| is_below(&backup.to.value(), &saved.value())) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupInSource,
                    "a backup into the folder that it saves",
                    backup.to.span,
                    "is it, or is inside of it",
                )
                .and(saved.span, "this is saved")
                .help("choose a folder outside of it, best on another disk"),
            );
        }
        let Some(repository) = backup.repository() else { continue };
        if let Some(diagnostic) = copy(&repository.value(), repository.span, &backup.to, saved) {
            diagnostics.push(diagnostic.help("choose a repository on another disk, or another host"));
        }
    }
}

/// Reports a repository in the folder of the backups, or in the data itself. A repository around the data mixes its own
/// folders, such as `data` and `keys`, with the application's.
fn copy(repository: &str, span: Span, to: &Text, saved: Option<&Text>) -> Option<Diagnostic> {
    if is_below(repository, &to.value()) {
        let title = "the repository of the copy is inside of the copied folder";
        let diagnostic =
            Diagnostic::new(Code::BackupInSource, title, span, "inside of the folder with the backups");
        return Some(diagnostic.and(to.span, "this folder is copied"));
    }
    let saved = saved?;
    let label = match (is_below(repository, &saved.value()), is_below(&saved.value(), repository)) {
        (true, true) => "is the folder that is saved",
        (true, false) => "is inside of the folder that is saved",
        (false, true) => "holds what is saved",
        (false, false) => return None,
    };
    let title = "the repository of a copy overlaps the data";
    Some(Diagnostic::new(Code::BackupInSource, title, span, label).and(saved.span, "this is saved"))
}
