//! Volumes of containers, the disks that they are on, and the backups of their data.

use std::collections::HashMap;

use super::{containers, jobs};
use crate::form::ExcludePattern;
use crate::hir::backup::BackupSource;
use crate::hir::folder::Holder;
use crate::hir::{self, Folder};
use crate::inventory::{CoveredBy, Volume};
use crate::map::{Mounted, source};
use crate::path::{Folders, ancestors, normalized};
use crate::setting::{self, VolumeSource};
use crate::value::Value;

pub(super) fn survey(host: &hir::Host) -> Vec<Volume> {
    let covered = Covered::of(host);
    let disks = disks(host);
    let mut volumes = Vec::new();
    for (service, container) in containers(host) {
        let folders: HashMap<String, &Folder> =
            container.folders.iter().map(|folder| (folder.path.value(), folder)).collect();
        for volume in &container.volumes {
            volumes.push(row(volume, container, service, &folders, &covered, &disks));
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
        backups: Vec::new(),
    }
}

fn row(
    volume: &setting::Volume,
    container: &hir::Container,
    service: &hir::Service,
    folders: &HashMap<String, &Folder>,
    covered: &Covered,
    disks: &Folders<String>,
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
        disk: path.as_ref().and_then(|path| disks.innermost(path)).cloned(),
        backups: path.as_ref().map(|path| covered.backups(path)).unwrap_or_default(),
        path,
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

/// The backups by the paths of the host that they save.
struct Covered<'a>(Folders<Vec<Saved<'a>>>);

/// The data of a backup on the host.
struct Saved<'a> {
    job: &'a hir::Id<hir::Job>,
    /// The folder, the file, or the folder of a database.
    path: String,
    exclude: &'a [Value<ExcludePattern>],
}

impl Saved<'_> {
    /// Reports whether the backup has the path, which is its own path or below it.
    fn has(&self, path: &str) -> bool {
        let inside = path[self.path.trim_end_matches('/').len()..].trim_start_matches('/');
        inside.is_empty() || !self.exclude.iter().any(|pattern| pattern.value.excludes(inside, true))
    }
}

/// The number of backups that one volume lists.
const MAX_LISTED: usize = 10;

impl<'a> Covered<'a> {
    fn of(host: &'a hir::Host) -> Covered<'a> {
        let mut all: HashMap<String, Vec<Saved>> = HashMap::new();
        for (_, job) in jobs(host) {
            let Some(backup) = job.backup() else { continue };
            if let Some(path) = saved(&backup.source, host).map(|path| normalized(&path)) {
                let saved = Saved { job: &job.name, path: path.clone(), exclude: &backup.exclude };
                all.entry(path).or_default().push(saved);
            }
        }
        Covered(Folders::of(all))
    }

    /// The backups of a path, and those of paths below it.
    fn backups(&self, path: &str) -> Vec<CoveredBy> {
        let path = normalized(path);
        let covered = |saved: &Saved, partly| CoveredBy { job: saved.job.to_string(), partly };
        let whole = ancestors(&path).filter_map(|folder| self.0.at(folder)).flatten();
        let whole = whole.filter(|saved| saved.has(&path)).map(|saved| covered(saved, false));
        let parts = self.0.below(&path).flatten().map(|saved| covered(saved, true));
        whole.chain(parts).take(MAX_LISTED).collect()
    }
}

/// The path of the host that a backup saves: for a database of a container, the folder of its data.
fn saved(source: &BackupSource, host: &hir::Host) -> Option<String> {
    match source {
        BackupSource::Folder(path) | BackupSource::Sqlite(path) => Some(path.value()),
        BackupSource::HostDatabase(_) => Some(setting::Postgres::DATA.to_owned()),
        BackupSource::Database(database) => {
            let container = host.container(database.container.as_ref()?)?;
            let known = container.settings.image.value.known()?;
            let mounted = Mounted::of(container);
            known.data.into_iter().chain(known.older_data).find_map(|folder| mounted.on_host(folder))
        }
    }
}
