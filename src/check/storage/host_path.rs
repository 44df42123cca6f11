//! Paths of the host that give it away when they are bound into a container: sockets that take orders as root, keys
//! and passwords, and system folders.

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
            // A rule of its own reports a path that is not there.
            if !accepts_absent
                && absent_on_nixos(&bind.source).is_some()
                && !created.get_or_insert_with(|| CreatedPaths::of(host)).has(&bind.source)
            {
                continue;
            }
            let (name, path) = (&container.name, &bind.source);
            let (code, message, help) = match row.kind {
                // A rule of its own reports Docker's socket where there is none.
                PathKind::Socket if host.has_no_docker_socket(path) => continue,
                PathKind::Socket => (
                    Code::ControlSocket,
                    format!("`{name}` can give orders through {path}"),
                    "remove this volume, or mount the socket of a proxy that passes on only what the container needs",
                ),
                PathKind::Secret => (
                    Code::HostSecrets,
                    format!("`{name}` can read secrets of the host in {path}"),
                    "remove this volume, and list the secrets that the container needs under its `secrets`",
                ),
                PathKind::System | PathKind::Harmless if read_only => (
                    Code::HostFolder,
                    format!("`{name}` can read {path} of the host"),
                    "mount only the file or folder that the container needs",
                ),
                PathKind::System | PathKind::Harmless => (
                    Code::HostFolder,
                    format!("`{name}` can change {path} of the host"),
                    "mount only the file or folder that the container needs, with `:ro` where it only reads",
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
