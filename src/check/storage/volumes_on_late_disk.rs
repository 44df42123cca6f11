//! Containers wait for the disks of their folders. Podman's own volumes and images are in /var/lib/containers, and
//! Podman waits for no disk there.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::is_below;
use crate::tree::Node;

/// The folder of Podman's volumes and images (containers-storage.conf(5), `graphroot`).
const STORAGE: &str = "/var/lib/containers";

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(container) = host.containers().next() else { return };
    for (path, mount) in &host.machine.mounts.entries {
        let value = path.value();
        // Without `nofail` an export is a part of remote-fs.target, which containers do not wait for
        // (systemd.mount(5)).
        let (title, help) = match mount.nfs {
            Some(_) => (
                format!("Podman keeps its volumes on {value} and does not wait for it"),
                "mount the export in another folder, and bind folders of it",
            ),
            None => (
                format!("Podman keeps its volumes on {value}, and the host boots without it"),
                "remove `nofail`, so that the host waits for this disk",
            ),
        };
        if (mount.is_nofail() || mount.nfs.is_some())
            && (is_below(STORAGE, &value) || is_below(&value, STORAGE))
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::VolumesOnLateDisk,
                    title,
                    path.span,
                    "Podman would create empty volumes while the disk is missing",
                )
                .and(container.span, "this container would start without its data")
                .help(help),
            );
        }
    }
}
