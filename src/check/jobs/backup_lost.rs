//! A backup folder must be persistent and writable for the unit of the backup.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::is_below;
use crate::tree::Node;

/// Folders that are emptied (`/tmp` even belongs to the unit alone, by `PrivateTmp=`), in memory, or the system's own,
/// which `ProtectSystem=full` makes read-only (file-hierarchy(7), systemd.exec(5)).
const UNSUITABLE: &[&str] = &[
    "/tmp", "/var/tmp", "/run", "/var/run", "/dev", "/proc", "/sys", "/nix", "/etc", "/boot", "/efi", "/usr",
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (_, backup) in host.backups() {
        let Some(target) = backup.target() else { continue };
        let to = target.value();
        if to.trim_matches('/').is_empty() || UNSUITABLE.iter().any(|folder| is_below(&to, folder)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupLost,
                    format!("backups in `{to}` would be lost or fail"),
                    target.span,
                    "expected a folder that is not temporary, in memory or the system's own",
                )
                .help("choose a folder on a disk, such as `/srv/backups`"),
            );
        }
    }
}
