//! Folders wait for their disk. Podman's own volumes and images lie in /var/lib/containers, and nothing of
//! Podman's waits for a disk there.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::is_below;
use crate::tree::Node;

/// Where Podman keeps volumes and images (containers-storage.conf(5), `graphroot`).
const STORAGE: &str = "/var/lib/containers";

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(container) = host.containers().next() else { return };
    for (path, mount) in &host.machine.mounts.entries {
        let value = path.value();
        // Without `nofail` an export is a part of remote-fs.target, which containers do not wait for (systemd.mount(5)).
        let (said, help) = match mount.nfs {
            Some(_) => (
                format!("Podman does not wait for {value}, and keeps its volumes there"),
                "mount the export in another folder, and bind folders of it",
            ),
            None => (
                format!("the host boots without {value}, and Podman keeps its volumes there"),
                "take `nofail` out, so that the host waits for this disk",
            ),
        };
        if (mount.is_nofail() || mount.nfs.is_some())
            && (is_below(STORAGE, &value) || is_below(&value, STORAGE))
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::VolumesOnLateDisk,
                    said,
                    path.span,
                    "Podman would make new ones on the disk below",
                )
                .and(container.span, "starts without them")
                .help(help),
            );
        }
    }
}
