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
        let late = mount.nofail.as_ref().is_some_and(|n| n.value) || mount.nfs.is_some();
        let value = path.value();
        if late && (is_below(STORAGE, &value) || is_below(&value, STORAGE)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::VolumesOnLateDisk,
                    format!("the host boots without {value}, and Podman keeps its volumes there"),
                    path.span,
                    "Podman would make new ones on the disk below",
                )
                .and(container.span, "starts without them")
                .help("take `nofail` out, so that the host waits for this disk"),
            );
        }
    }
}
