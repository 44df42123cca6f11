//! Data with a backup of its own is not disposable.

use crate::coverage::{Backups, path_of};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let backups = Backups::of(host);
    for container in host.containers() {
        let dump = backups.dump(container);
        for volume in &container.volumes {
            let (Some(reason), Some(path)) = (&volume.disposable, path_of(volume)) else { continue };
            let Some((job, span)) = backups.own(&path, volume.span, dump.as_ref()) else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("a volume that `{}` backs up is declared disposable", job.unit),
                    reason.span,
                    "says that the data needs no backup",
                )
                .and(span, "backed up here")
                .help("remove `disposable` or the backup"),
            );
        }
    }
}
