//! Volumes of containers, the disks that they are on, and the backups of their data.

use std::collections::HashMap;

use super::containers;
use crate::coverage::{Coverage, coverage};
use crate::hir::folder::Holder;
use crate::hir::{self, Folder};
use crate::inventory::{Disk, Volume};
use crate::map::{source, volume_folder};
use crate::path::Folders;
use crate::podman::bind::{Bind, mounts};
use crate::setting::{self, VolumeSource};
use crate::source::Span;

pub(super) fn survey(host: &hir::Host) -> Vec<Volume> {
    let covered = coverage(host).into_iter();
    let mut covered: HashMap<(String, Span), Coverage> =
        covered.map(|path| ((path.container, path.span), path.coverage)).collect();
    let disks = disks(host);
    let mut volumes = Vec::new();
    for (service, container) in containers(host) {
        let folders: HashMap<String, &Folder> =
            container.folders.iter().map(|folder| (folder.path.value(), folder)).collect();
        let mut add = |span: Span, volume: Volume| {
            volumes.push(Volume {
                disk: volume.path.as_ref().and_then(|path| disks.innermost(path)).cloned(),
                coverage: covered.remove(&(volume.container.clone(), span)),
                ..volume
            });
        };
        for volume in &container.volumes {
            add(volume.span, row(volume, container, service, &folders));
        }
        for mount in mounts(&container.settings.podman_args).filter(|mount| !mount.source.is_empty()) {
            add(mount.span, argument(mount, container, service));
        }
        for tmpfs in &container.settings.tmpfs.0 {
            let written = tmpfs.text.value();
            volumes.push(Volume {
                target: written.split(':').next().unwrap_or_default().to_owned(),
                ..empty(container, service)
            });
        }
    }
    volumes
}

/// The disks of `host.mounts`.
pub(super) fn survey_disks(host: &hir::Host) -> Vec<Disk> {
    let mut users: HashMap<String, Vec<String>> = HashMap::new();
    for (_, container) in containers(host) {
        for mount in &container.mounts {
            users.entry(mount.value()).or_default().push(container.name.to_string());
        }
    }
    let disk = |(path, mount): &(crate::tree::Text, setting::Mount)| Disk {
        path: path.value(),
        is_followed: mount.is_followed(&path.value()),
        nfs: mount.nfs.as_ref().map(|export| export.text.value()),
        containers: users.remove(&path.value()).unwrap_or_default(),
    };
    host.machine.mounts.entries.iter().map(disk).collect()
}

/// The mount points of `host.mounts`, by path.
fn disks(host: &hir::Host) -> Folders<String> {
    Folders::of(host.machine.mounts.entries.iter().map(|(path, _)| (path.value(), path.value())))
}

/// A folder in memory.
fn empty(container: &hir::Container, service: &hir::Service) -> Volume {
    Volume {
        container: container.name.to_string(),
        service: service.name.to_string(),
        target: String::new(),
        kind: "tmpfs",
        path: None,
        name: None,
        read_only: false,
        owner: None,
        mode: None,
        disk: None,
        coverage: None,
    }
}

fn row(
    volume: &setting::Volume,
    container: &hir::Container,
    service: &hir::Service,
    folders: &HashMap<String, &Folder>,
) -> Volume {
    let (kind, name) = match &volume.source {
        VolumeSource::Bind(_) => ("bind", None),
        VolumeSource::Named(name) => ("volume", Some(name.value())),
        VolumeSource::Tmpfs => ("tmpfs", None),
    };
    let path = source(volume);
    let folder = match &volume.source {
        VolumeSource::Bind(path) => folders.get(&path.value()),
        VolumeSource::Named(_) | VolumeSource::Tmpfs => None,
    };
    Volume {
        target: volume.target.value(),
        kind,
        name,
        read_only: volume.options.iter().any(|option| option.value() == "ro"),
        owner: folder.and_then(|folder| owner(folder)),
        mode: folder.and_then(|folder| folder.final_mode()).map(|mode| mode.value()),
        path,
        ..empty(container, service)
    }
}

/// A mount of `podman_args`.
fn argument(mount: Bind, container: &hir::Container, service: &hir::Service) -> Volume {
    let read_only = mount.is_read_only();
    let is_path = mount.source.starts_with('/');
    Volume {
        target: mount.target,
        kind: if is_path { "bind" } else { "volume" },
        name: (!is_path).then(|| mount.source.clone()),
        path: Some(if is_path { mount.source } else { volume_folder(&mount.source) }),
        read_only,
        ..empty(container, service)
    }
}

/// The owner and the group of a folder, as homegen sets them.
fn owner(folder: &Folder) -> Option<String> {
    let name = |holder: Holder| match holder {
        Holder::Kept => None,
        Holder::OfNew(user) => Some(user.to_string()),
        Holder::Given(name) => Some(name.value()),
        Holder::Part(whole, place) => whole.value.text().split(':').nth(place).map(str::to_owned),
    };
    let (user, group) = folder.holders();
    match (name(user), name(group)) {
        (None, None) => None,
        (user, group) => Some([user, group].map(|name| name.unwrap_or_else(|| "-".to_owned())).join(":")),
    }
}
