//! restic reads its list of paths as patterns, with variables (restic-backup(1), --files-from). In a list of mounts,
//! systemd reads a quote, a colon and a percent sign as syntax (systemd.exec(5), BindReadOnlyPaths=).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (_, backup) in host.backups() {
        let (Some(offsite), Some(to)) = (&backup.offsite, backup.to()) else { continue };
        let Some(letter) = to.value().chars().find(|letter| "*?[\\$\":%".contains(*letter)) else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::UnsupportedValue,
                format!("restic cannot copy a folder with `{letter}` in its path"),
                to.span,
                "expected a path without * ? [ \\ $ : % and \"",
            )
            .and(offsite.span, "restic copies the folder")
            .help(format!("choose a path without `{letter}`")),
        );
    }
}
