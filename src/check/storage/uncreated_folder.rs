//! homegen creates nothing in the folders of the system, where a rule could get in the way of NixOS's own. A
//! folder of one's own there has to come from somewhere: /etc is NixOS's, /tmp is emptied, and /run and /dev/shm are in memory. It also creates nothing, and
//! waits for no disk, where a folder is bound by `podman_args`.

use super::created_paths::CreatedPaths;
use crate::bind::{self, Source};
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
        let is_system = bind::source(volume, &value, mount_points.contains(value.trim_end_matches('/')))
            == Source::System;
        // The socket of a service is on the same path in the container.
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
                format!("nothing creates `{value}`"),
                volume.span,
                "the container does not start without it",
            )
            .help(format!(
                "move it to a folder of your own, such as /srv/{name}, or create it here: `{{ source: {value}, target: {}, mode: \"0755\" }}`",
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
            (
                String::new(),
                "move it to a folder of your own, such as one below /srv, and write it under `volumes`",
            )
        } else if host_path(&path, false).is_some() {
            // The host has its own folders.
            continue;
        } else {
            (", or waits for its disk".to_owned(), "write it under `volumes`")
        };
        diagnostics.push(
            Diagnostic::new(
                Code::UncreatedFolder,
                format!("nothing creates `{path}`{problem}"),
                found.span,
                "homegen creates no folders for `podman_args`",
            )
            .help(help),
        );
    }
}
