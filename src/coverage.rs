//! Coverage of state: the paths of the host that containers write to, each with the backups that save it. Functions of
//! the [`hir`](crate::hir).

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::bind::is_system_source;
use crate::databases::mounted_for;
use crate::hir::backup::Database;
use crate::hir::{Backup, Container, Host, Id, Job};
use crate::image::Kind;
use crate::map::volume_folder;
use crate::path::{Folders, is_below, normalized};
use crate::podman::bind::mounts;
use crate::setting::{Volume, VolumeSource};
use crate::source::Span;
use crate::tree::Text;

/// A path that a container writes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WritablePath {
    /// The service.
    pub service: String,
    /// The container.
    pub container: String,
    /// The path on the host, or the name of a volume of Podman.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// The backups that save it.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// The path on the host, also of a volume.
    #[serde(skip)]
    pub(crate) path: String,
    /// The span of the volume.
    #[serde(skip)]
    pub(crate) span: Span,
}

/// The way in which a path is saved, or the reason for which it is not.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Coverage {
    /// Backups save it, except what the backups themselves leave out.
    BackedUp {
        /// The units of the backups, without `.service`.
        by: Vec<String>,
    },
    /// Backups save only paths in it.
    InPart {
        /// The saved paths.
        saved: Vec<SavedPath>,
    },
    /// The file declares it disposable.
    Disposable {
        /// The reason in the file.
        reason: String,
        /// The paths in it that backups save.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        saved: Vec<SavedPath>,
    },
    /// The image is known to keep only a cache there.
    Cache,
    /// It is in the folder of a backup.
    HoldsBackups,
    /// No backup saves it.
    NotBackedUp,
}

/// A saved path.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SavedPath {
    /// The file or folder on the host.
    pub path: String,
    /// The unit of the backup, without `.service`.
    pub by: String,
    /// The span of the backup's source.
    #[serde(skip)]
    pub(crate) span: Span,
}

impl Coverage {
    /// True if its loss would be noticed only when it is too late.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, Coverage::InPart { .. } | Coverage::NotBackedUp)
    }

    /// The status on one line.
    pub fn summary(&self) -> String {
        let paths = |saved: &[SavedPath]| {
            saved.iter().map(|saved| format!("{} by {}", saved.path, saved.by)).collect::<Vec<_>>().join(", ")
        };
        match self {
            Coverage::BackedUp { by } => format!("backed up by {}", by.join(", ")),
            Coverage::InPart { saved } => format!("backed up only in part: {}", paths(saved)),
            Coverage::Disposable { reason, saved } if saved.is_empty() => format!("disposable: {reason}"),
            Coverage::Disposable { reason, saved } => {
                format!("disposable: {reason} Backed up: {}", paths(saved))
            }
            Coverage::Cache => "a cache of the image".to_owned(),
            Coverage::HoldsBackups => "holds backups".to_owned(),
            Coverage::NotBackedUp => "not backed up".to_owned(),
        }
    }
}

/// The most backups that are listed for a path, and that are tried with their patterns. A real path has one or two.
const MAX_LISTED: usize = 8;

/// The paths that the containers write to, in the order of the file. Paths of the system, such as `/run`, hold no
/// state, and neither does a tmpfs.
pub fn coverage(host: &Host) -> Vec<WritablePath> {
    let backups = Backups::of(host);
    let disposable = disposable(host);
    let mut all = Vec::new();
    for service in &host.services {
        for container in &service.containers {
            let dump = backups.dump(container);
            all.extend(writable(container).map(|mount| {
                let dump = dump.as_ref().filter(|dump| dump.volumes.contains(&mount.span));
                WritablePath {
                    service: service.name.to_string(),
                    container: container.name.to_string(),
                    coverage: backups.coverage(&mount, container, dump, &disposable),
                    source: mount.source,
                    target: mount.target,
                    path: mount.path,
                    span: mount.span,
                }
            }));
        }
    }
    all
}

/// A mount that a container can write to.
struct Mount {
    source: String,
    path: String,
    target: String,
    span: Span,
}

impl Mount {
    fn new(source: String, target: &str, span: Span) -> Mount {
        let path = match source.starts_with('/') {
            true => normalized(&source),
            false => volume_folder(&source),
        };
        let source = if source.starts_with('/') { path.clone() } else { source };
        Mount { source, path, target: normalized(target), span }
    }

    /// True if the source can hold state. Folders for the time of a run, such as `/run`, and sockets have none.
    fn holds_state(&self) -> bool {
        const TEMPORARY: &[&str] = &["/dev", "/proc", "/run", "/sys", "/tmp", "/var/run", "/var/tmp"];
        self.path != "/"
            && !is_system_source(&self.path)
            && !TEMPORARY.iter().any(|folder| is_below(&self.target, folder))
            && !self.path.ends_with(".sock")
    }
}

/// The mounts of a container that it can write to: volumes, and those of `podman_args`.
fn writable(container: &Container) -> impl Iterator<Item = Mount> {
    let volumes = container.volumes.iter().filter(|volume| is_stored(&volume.options)).filter_map(|volume| {
        let (VolumeSource::Bind(source) | VolumeSource::Named(source)) = &volume.source else { return None };
        Some(Mount::new(source.value(), &volume.target.value(), volume.span))
    });
    let arguments = mounts(&container.settings.podman_args);
    // Podman discards the changes of an overlay.
    let arguments = arguments.filter(|bind| !bind.options.iter().any(|o| o == "ro" || o == "O"));
    let arguments = arguments.filter(|bind| !bind.source.is_empty());
    volumes
        .chain(arguments.map(|bind| Mount::new(bind.source, &bind.target, bind.span)))
        .filter(Mount::holds_state)
}

/// True if a container can write to a volume with these options, and the changes stay. Podman discards those of an
/// overlay (podman-run(1), `--volume`, the option `O`).
fn is_stored(options: &[Text]) -> bool {
    options.iter().all(|option| !matches!(option.value().as_str(), "ro" | "O"))
}

/// The reasons of the paths that the file declares disposable.
fn disposable(host: &Host) -> Folders<String> {
    let volumes = host.containers().flat_map(|container| &container.volumes);
    let declared = volumes.filter_map(|volume| {
        // A reason may have several lines.
        let reason = volume.disposable.as_ref()?.value().split_whitespace().collect::<Vec<_>>().join(" ");
        Some((path_of(volume)?, reason))
    });
    // Of several reasons for one path, the first counts.
    Folders::of(declared.collect::<Vec<_>>().into_iter().rev())
}

/// The path of a volume on the host.
pub(crate) fn path_of(volume: &Volume) -> Option<String> {
    match &volume.source {
        VolumeSource::Bind(path) => Some(normalized(&path.value())),
        VolumeSource::Named(name) => Some(volume_folder(&name.value())),
        VolumeSource::Tmpfs => None,
    }
}

/// The backups of a host, by the paths of their sources. A disabled backup saves nothing.
pub(crate) struct Backups<'a> {
    /// The backups of folders.
    folders: Folders<Vec<(&'a Job, &'a Backup)>>,
    /// The backups of SQLite files.
    files: Folders<Vec<(&'a Job, &'a Backup)>>,
    /// The backups of databases in containers.
    dumps: HashMap<&'a Id<Container>, Vec<(&'a Job, &'a Database)>>,
    /// The folders of the backups.
    targets: Folders<()>,
}

/// The backups that dump the database of a container, and the volumes that hold its data.
pub(crate) struct Dump<'a> {
    jobs: Vec<(&'a Job, &'a Database)>,
    volumes: HashSet<Span>,
}

impl<'a> Backups<'a> {
    /// The backups of a host.
    pub(crate) fn of(host: &'a Host) -> Backups<'a> {
        let mut folders: HashMap<String, Vec<(&Job, &Backup)>> = HashMap::new();
        let mut files: HashMap<String, Vec<(&Job, &Backup)>> = HashMap::new();
        let mut dumps: HashMap<&Id<Container>, Vec<(&Job, &Database)>> = HashMap::new();
        let mut targets = Vec::new();
        for (job, backup) in host.backups().filter(|(job, _)| job.is_wanted()) {
            if let Some(folder) = backup.source.folder() {
                folders.entry(normalized(&folder.value())).or_default().push((job, backup));
            }
            if let Some(file) = backup.source.sqlite() {
                files.entry(normalized(&file.value())).or_default().push((job, backup));
            }
            if let Some(database) = backup.source.database()
                && let Some(container) = &database.container
            {
                dumps.entry(container).or_default().push((job, database));
            }
            targets.extend(backup.target().map(|target| (normalized(&target.value()), ())));
        }
        // A backup without patterns is sure to save a path below, so it is tried first.
        folders.values_mut().for_each(|all| all.sort_by_key(|(_, backup)| !backup.exclude.is_empty()));
        Backups {
            folders: Folders::of(folders),
            files: Folders::of(files),
            dumps,
            targets: Folders::of(targets),
        }
    }

    /// True if the host has a backup.
    pub(crate) fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.files.is_empty() && self.dumps.is_empty() && self.targets.is_empty()
    }

    /// The backups that dump the database of a container.
    pub(crate) fn dump(&self, container: &'a Container) -> Option<Dump<'a>> {
        let jobs = self.dumps.get(&container.name)?.clone();
        let (_, first) = jobs.first()?;
        let is_server = |kind: Kind| matches!(kind, Kind::Postgres | Kind::Mysql);
        let volumes = match container.settings.image.value.known().filter(|known| is_server(known.kind)) {
            Some(known) => mounted_for(container, known).map(|volume| volume.span).into_iter().collect(),
            None => likely_data(container, first),
        };
        Some(Dump { jobs, volumes })
    }

    /// The backup of exactly this path, with the span of its source.
    pub(crate) fn own(&self, path: &str, volume: Span, dump: Option<&Dump<'a>>) -> Option<(&'a Job, Span)> {
        if let Some(dump) = dump.filter(|dump| dump.volumes.contains(&volume)) {
            return dump.jobs.first().map(|(job, database)| (*job, database.named));
        }
        let (job, backup) = self.folders.at(path).or_else(|| self.files.at(path))?.first()?;
        Some((job, backup.source.path()?.span))
    }

    /// The coverage of a mount.
    fn coverage(
        &self,
        mount: &Mount,
        container: &Container,
        dump: Option<&Dump<'a>>,
        disposable: &Folders<String>,
    ) -> Coverage {
        let mut by: Vec<String> =
            dump.iter().flat_map(|dump| &dump.jobs).map(|(job, _)| job.unit.clone()).collect();
        by.extend(self.copies(&mount.path));
        by.truncate(MAX_LISTED);
        if !by.is_empty() {
            return Coverage::BackedUp { by };
        }
        let saved = self.saved_below(&mount.path);
        if let Some(reason) = disposable.innermost(&mount.path) {
            return Coverage::Disposable { reason: reason.clone(), saved };
        }
        if is_cache(container, &mount.target) {
            return Coverage::Cache;
        }
        if self.targets.innermost(&mount.path).is_some() {
            return Coverage::HoldsBackups;
        }
        if saved.is_empty() { Coverage::NotBackedUp } else { Coverage::InPart { saved } }
    }

    /// The backups that copy a path.
    fn copies(&self, path: &str) -> impl Iterator<Item = String> {
        let files = self.files.at(path).into_iter().flatten().map(|(job, _)| job);
        // The kind of the path is unknown. A pattern of folders, which end with a slash, means what is mounted.
        let copy = |(_, backup): &&(&Job, &Backup)| backup.copies(path, true);
        let folders = self.folders.around(path).flat_map(|all| all.iter().take(MAX_LISTED));
        files.chain(folders.filter(copy).map(|(job, _)| job)).map(|job| job.unit.clone())
    }

    /// The first saved paths below a path.
    fn saved_below(&self, path: &str) -> Vec<SavedPath> {
        let below = self.files.below(path).chain(self.folders.below(path)).flatten();
        let saved = |(job, backup): &(&Job, &Backup)| {
            let source = backup.source.path()?;
            Some(SavedPath { path: normalized(&source.value()), by: job.unit.clone(), span: source.span })
        };
        below.filter_map(saved).take(MAX_LISTED).collect()
    }
}

/// The volumes that hold the data of a server in an image that homegen does not know: those at the usual folder, or the
/// only one that it can write to.
fn likely_data(container: &Container, database: &Database) -> HashSet<Span> {
    let usual = database.server.usual_data();
    let all: Vec<Mount> = writable(container).collect();
    let at_data = all.iter().filter(|mount| is_below(&mount.target, usual) || is_below(usual, &mount.target));
    let found: HashSet<Span> = at_data.map(|mount| mount.span).collect();
    match all.as_slice() {
        [only] => [only.span].into(),
        _ => found,
    }
}

/// True if an image keeps only a cache at a path.
fn is_cache(container: &Container, target: &str) -> bool {
    let image = &container.settings.image.value;
    let of_kind = image.known().filter(|known| known.kind == Kind::Cache).and_then(|known| known.data);
    image.caches().iter().copied().chain(of_kind).any(|cache| is_below(target, cache))
}
