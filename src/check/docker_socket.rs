//! There is no Docker here: its socket is Podman's, where that is turned on.

use crate::ast::container::VolumeSource;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    if host.podman.as_ref().and_then(|p| p.docker_socket.as_ref()).is_some_and(|s| s.value) {
        return;
    }
    for volume in host.containers().flat_map(|c| &c.compose.volumes) {
        let VolumeSource::Bind(path) = &volume.source else { continue };
        if matches!(path.value().as_str(), "/var/run/docker.sock" | "/run/docker.sock") {
            diagnostics.push(
                Diagnostic::new(
                    Code::DockerSocket,
                    "there is no Docker socket on this host",
                    volume.span,
                    "does not exist",
                )
                .help("write `docker_socket: true` under `podman`, or mount /run/podman/podman.sock"),
            );
        }
    }
}
