//! Folders of the host: which are made, and by whom.

use crate::ast::container::VolumeSource;
use crate::hir::{Folder, Host};
use crate::path::is_below;
use crate::tree::Text;

/// Where the system keeps its own, which exists or is not homegen's to make.
const SYSTEM: &[&str] =
    &["/bin", "/boot", "/dev", "/etc", "/lib", "/nix", "/proc", "/run", "/sys", "/tmp", "/usr", "/var/run"];

/// Finds the folders and mount points of every container.
pub(super) fn link(host: &mut Host) {
    let mounts: Vec<Text> = host.machine.mounts.0.iter().map(|(path, _)| path.clone()).collect();
    for container in host.services.iter_mut().flat_map(|s| &mut s.containers) {
        // Who runs in the container by number owns what nobody else was given.
        let runs_as =
            container.compose.user.clone().filter(|u| u.value().starts_with(|c: char| c.is_ascii_digit()));
        for volume in &container.compose.volumes {
            let VolumeSource::Bind(path) = &volume.source else { continue };
            let value = path.value();
            let mount =
                mounts.iter().filter(|m| is_below(&value, &m.value())).max_by_key(|m| m.value().len());
            if let Some(mount) = mount
                && !container.mounts.iter().any(|m| m.value() == mount.value())
            {
                container.mounts.push(mount.clone());
            }
            let asked = volume.owner.is_some() || volume.group.is_some() || volume.mode.is_some();
            let read_only = volume.options.iter().any(|o| o.value() == "ro");
            // A name with an ending is most likely a file, and a folder in its place would be worse.
            let name = value.rsplit('/').next().unwrap_or_default();
            let is_file = name.trim_start_matches('.').contains('.');
            let system = SYSTEM.iter().any(|s| is_below(&value, s));
            let is_mount =
                mounts.iter().any(|m| m.value().trim_end_matches('/') == value.trim_end_matches('/'));
            if !asked && (read_only || is_file || system || is_mount) {
                continue;
            }
            container.folders.push(Folder {
                path: path.clone(),
                owner: volume.owner.clone().or_else(|| runs_as.clone().filter(|_| !asked)),
                group: volume.group.clone(),
                mode: volume.mode.clone(),
                by_tmpfiles: mount.is_none() && !is_below(&value, "/home"),
                span: volume.span,
            });
        }
    }
    let owned: Vec<(String, bool)> = host
        .services
        .iter()
        .flat_map(|s| &s.containers)
        .flat_map(|c| &c.folders)
        .map(|f| {
            (f.path.value(), f.owner.as_ref().is_some_and(|o| !matches!(o.value().as_str(), "0" | "root")))
        })
        .collect();
    for folder in host.services.iter_mut().flat_map(|s| &mut s.containers).flat_map(|c| &mut c.folders) {
        let path = folder.path.value();
        // systemd-tmpfiles refuses to go through a folder that is not root's ("unsafe path transition").
        if owned.iter().any(|(above, by_user)| *by_user && *above != path && is_below(&path, above)) {
            folder.by_tmpfiles = false;
        }
    }
}
