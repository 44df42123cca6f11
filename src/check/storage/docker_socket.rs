//! There is no Docker here: its socket is Podman's, where that is turned on.

use crate::check::isolation::grants::binds;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for bind in host.containers().flat_map(binds) {
        if host.has_no_docker_socket(&bind.source) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DockerSocket,
                    "there is no Docker socket on this host",
                    bind.span,
                    "does not exist",
                )
                .help("write `docker_socket: true` under `podman`, or mount /run/podman/podman.sock"),
            );
        }
    }
}
