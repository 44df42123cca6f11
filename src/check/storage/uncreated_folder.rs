//! homegen creates no folders inside the folders of the system, where a tmpfiles rule could conflict with those of
//! NixOS: NixOS owns /etc, /tmp is emptied, and /run and /dev/shm are in memory. It also creates no folder that
//! `podman_args` bind, and such a bind waits for no disk.

use super::created_paths::CreatedPaths;
use crate::bind::{self, Treatment};
use crate::check::isolation::grants::argument_binds;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::filesystem::{absent_on_nixos, is_uncreated};
use crate::hir::Host;
use crate::isolation::host_path;
use crate::path::is_below;
use crate::setting::VolumeSource;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut created = None;
    let mount_points = host.mount_points();
    for volume in host.containers().flat_map(|c| &c.volumes) {
        let VolumeSource::Bind(path) = &volume.source else { continue };
        let value = path.value();
        let is_system = bind::treatment(volume, &value, mount_points.contains(value.trim_end_matches('/')))
            == Treatment::System;
        // The socket of a service has the same path in the container.
        let is_socket =
            is_below(&volume.target.value(), "/run") || is_below(&volume.target.value(), "/var/run");
        if !is_system || is_socket || !is_uncreated(&value) || absent_on_nixos(&value).is_some() {
            continue;
        }
        if created.get_or_insert_with(|| CreatedPaths::of(host)).has(&value) {
            continue;
        }
        let name = value.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        diagnostics.push(
            Diagnostic::new(
                Code::UncreatedFolder,
                format!("homegen does not create the folder `{value}`"),
                volume.span,
                "the container does not start without it",
            )
            .help(format!(
                "use a folder of your own, such as /srv/{name}, or have it created: `{{ source: {value}, target: {}, mode: \"0755\" }}`",
                volume.target.value()
            )),
        );
    }
    for found in host.containers().flat_map(argument_binds) {
        let path = found.source;
        let (problem, help) = if bind::is_system(&path) {
            let may_be_missing = !found.options.iter().any(|option| option == "ro")
                && is_uncreated(&path)
                && !bind::is_file(&path, &found.target)
                && absent_on_nixos(&path).is_none();
            if !may_be_missing || created.get_or_insert_with(|| CreatedPaths::of(host)).has(&path) {
                continue;
            }
            (String::new(), "use a folder of your own, such as one below /srv, and write it under `volumes`")
        } else if host_path(&path, false).is_some() {
            // These folders exist on the host.
            continue;
        } else {
            (", or wait for its disk".to_owned(), "write it under `volumes`")
        };
        diagnostics.push(
            Diagnostic::new(
                Code::UncreatedFolder,
                format!("homegen does not create `{path}`{problem}"),
                found.span,
                "Podman gets the bind as it is written under `podman_args`",
            )
            .help(help),
        );
    }
}
