//! A backup goes where it stays, and where its unit may write.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::is_below;
use crate::tree::Node;

/// Folders that are emptied (`/tmp` is even the unit's own, by `PrivateTmp=`), in memory, or the system's own,
/// which `ProtectSystem=full` closes (file-hierarchy(7), systemd.exec(5)).
const NOT_HERE: &[&str] = &[
    "/tmp", "/var/tmp", "/run", "/var/run", "/dev", "/proc", "/sys", "/nix", "/etc", "/boot", "/efi", "/usr",
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (_, backup) in host.backups() {
        let to = backup.to.value();
        if to.trim_matches('/').is_empty() || NOT_HERE.iter().any(|folder| is_below(&to, folder)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupLost,
                    format!("backups in `{to}` would be lost, or not be made"),
                    backup.to.span,
                    "is in memory, emptied, or the system's own",
                )
                .help("choose a folder on a disk, such as /srv/backups"),
            );
        }
    }
}
