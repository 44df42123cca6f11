//! A backup must not be stored in its source: each backup would contain the previous ones.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::is_below;
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (_, backup) in host.backups() {
        let saved = backup.source.path();
        if let (Some(saved), Some(to)) = (saved, backup.to())
            && is_below(&to.value(), &saved.value())
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupInSource,
                    "the backup is stored inside its source",
                    to.span,
                    "expected a folder outside the source",
                )
                .and(saved.span, "the backup's source")
                .help(format!("choose a folder outside {}, preferably on another disk", saved.value())),
            );
        }
        let Some(repository) = backup.repository() else { continue };
        if let Some(diagnostic) = copy(&repository.value(), repository.span, backup.to(), saved) {
            diagnostics.push(diagnostic.help("choose a repository on another disk or another host"));
        }
    }
}

/// Reports a repository in the folder of the backups, or one that overlaps the source. A repository above the source
/// mixes its own folders, such as `data` and `keys`, with the application's.
fn copy(repository: &str, span: Span, to: Option<&Text>, saved: Option<&Text>) -> Option<Diagnostic> {
    if let Some(to) = to.filter(|to| is_below(repository, &to.value())) {
        let title = "the offsite repository is inside the folder that it copies";
        let diagnostic =
            Diagnostic::new(Code::BackupInSource, title, span, "expected a repository outside this folder");
        return Some(diagnostic.and(to.span, "the copied folder"));
    }
    let saved = saved?;
    let label = match (is_below(repository, &saved.value()), is_below(&saved.value(), repository)) {
        (true, true) => "the same folder as the backup's source",
        (true, false) => "inside the backup's source",
        (false, true) => "contains the backup's source",
        (false, false) => return None,
    };
    let title = "the offsite repository overlaps the backup's source";
    Some(Diagnostic::new(Code::BackupInSource, title, span, label).and(saved.span, "the backup's source"))
}
