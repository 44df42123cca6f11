//! Paths of the host that give a container control of it: control sockets, keys and passwords, and system folders.

use super::created_paths::CreatedPaths;
use crate::check::isolation::grants::binds;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::filesystem::absent_on_nixos;
use crate::hir::Host;
use crate::isolation::{PathKind, host_path};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut created = None;
    let accepts_absent = host.accepted.iter().any(|accepted| accepted.code == Code::AbsentPath);
    for container in host.containers() {
        for bind in binds(container) {
            let read_only = bind.is_read_only();
            let Some(row) = host_path(&bind.source, read_only) else { continue };
            // `absent_path.rs` reports a path that does not exist.
            if !accepts_absent
                && absent_on_nixos(&bind.source).is_some()
                && !created.get_or_insert_with(|| CreatedPaths::of(host)).has(&bind.source)
            {
                continue;
            }
            let (name, path) = (&container.name, &bind.source);
            let (code, message, help) = match row.kind {
                // `docker_socket.rs` reports Docker's socket if it does not exist.
                PathKind::Socket if host.has_no_docker_socket(path) => continue,
                PathKind::Socket => (
                    Code::ControlSocket,
                    format!("`{name}` can control the host through {path}"),
                    "remove this volume, or mount the socket of a proxy that passes only the requests that the container needs",
                ),
                PathKind::Secret => (
                    Code::HostSecrets,
                    format!("`{name}` can read secrets of the host in {path}"),
                    "remove this volume, and list the secrets that the container needs under its `secrets`",
                ),
                PathKind::System | PathKind::Harmless if read_only => (
                    Code::HostFolder,
                    format!("`{name}` can read {path} on the host"),
                    "mount only the file or folder that the container needs",
                ),
                PathKind::System | PathKind::Harmless => (
                    Code::HostFolder,
                    format!("`{name}` can change {path} on the host"),
                    "mount only the file or folder that the container needs, with `:ro` if it only reads",
                ),
            };
            diagnostics.push(
                Diagnostic::new(
                    code,
                    message,
                    bind.span,
                    format!("the container can {}", row.gives(read_only)),
                )
                .help(help),
            );
        }
    }
}
