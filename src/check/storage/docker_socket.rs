//! The host has no Docker socket, unless `podman.docker_socket` creates one for Podman.

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
                    "the Docker socket does not exist on this host",
                    bind.span,
                    "expected Podman's socket",
                )
                .help("write `docker_socket: true` under `podman`, or mount /run/podman/podman.sock"),
            );
        }
    }
}
