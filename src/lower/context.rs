//! Facts about the rest of the host that the concerns of one service need. It reads [`hir`](crate::hir) and emits
//! nothing.

use std::collections::HashMap;

use super::folder::FolderRules;
use crate::hir::{Container, Host, HostPort, Id, Job, Service};
use crate::map::{self, Mounted, WritableFolders};
use crate::nix::{Expr, attribute};
use crate::path::{Folders, ancestors, is_inside_etc, without_static};
use crate::setting::Volume;
use crate::tree::{Atom, Piece, Reference, Target, Text, etc_files, options};

/// The facts about the rest of the host.
pub(super) struct HostContext<'a> {
    /// The host.
    pub(super) host: &'a Host,
    /// The program that forwards to each service with a site.
    pub(super) forwarded: HashMap<&'a Id<Service>, &'static str>,
    /// The container whose rule creates each folder.
    pub(super) folder_rules: FolderRules<'a>,
    /// The names of `environment.etc` that the file declares, by path.
    etc_files: Folders<String>,
    /// The folders that containers can write to.
    pub(super) written: WritableFolders,
    /// The containers that mount a folder or file of the host, by its path, each with the volume.
    volumes: HashMap<String, Vec<(&'a Container, &'a Volume)>>,
    /// The mounts of each container.
    mounted: HashMap<&'a Id<Container>, Mounted>,
    /// The number of backups in a folder, by its path.
    backups_to: HashMap<String, usize>,
    /// The jobs.
    jobs: HashMap<&'a Id<Job>, &'a Job>,
    /// The units of each service's backups of databases, without `.service`.
    dumps: HashMap<&'a Id<Service>, Vec<&'a str>>,
}

impl<'a> HostContext<'a> {
    pub(super) fn of(host: &'a Host) -> HostContext<'a> {
        let sites = host.front.iter().flat_map(|front| &front.sites).filter_map(|site| site.service.as_ref());
        let plain = host.haproxy.iter().flat_map(|haproxy| &haproxy.sites);
        let plain = plain.filter_map(|site| site.service.as_ref()).map(|service| (service, "HAProxy"));
        // Only the restore command of a file needs the containers that mount it.
        let is_asked = host.backups().any(|(_, backup)| backup.source.sqlite().is_some());
        let asked = || host.containers().filter(|_| is_asked);
        HostContext {
            host,
            forwarded: plain.chain(sites.map(|service| (service, "Caddy"))).collect(),
            folder_rules: FolderRules::of(host),
            etc_files: Folders::of(host.raw_options().flat_map(|tree| etc_files(&options(tree)))),
            written: WritableFolders::of(host),
            volumes: volumes(asked()),
            mounted: asked().map(|container| (&container.name, Mounted::of(container))).collect(),
            backups_to: backups_to(host),
            jobs: host.jobs().map(|job| (&job.name, job)).collect(),
            dumps: host.services.iter().map(|service| (&service.name, dumps(service))).collect(),
        }
    }

    /// The units of the service's backups of databases, without `.service`.
    pub(super) fn dumps(&self, service: &Service) -> &[&'a str] {
        self.dumps.get(&service.name).map_or(&[], Vec::as_slice)
    }

    /// The job with this ID.
    pub(super) fn job(&self, id: &Id<Job>) -> Option<&'a Job> {
        self.jobs.get(id).copied()
    }

    /// The names of `environment.etc` that create a path: its own, a parent folder's, and the names of files below
    /// it.
    pub(super) fn etc_files(&self, path: &str) -> Vec<&str> {
        let path = without_static(path);
        let inside = is_inside_etc(&path).then(|| self.etc_files.below(&path));
        self.etc_files
            .innermost(&path)
            .into_iter()
            .chain(inside.into_iter().flatten())
            .map(String::as_str)
            .collect()
    }

    /// The number of backups of the host in this folder.
    pub(super) fn backups_to(&self, folder: &str) -> usize {
        self.backups_to.get(folder.trim_end_matches('/')).copied().unwrap_or_default()
    }

    /// The containers that mount a path of the host, by name.
    pub(super) fn seeing(&self, path: &str) -> Vec<&'a Container> {
        let candidates = ancestors(path).filter_map(|folder| self.volumes.get(folder)).flatten();
        let shows = |(container, volume): &&(&'a Container, &'a Volume)| {
            self.mounted.get(&container.name).is_some_and(|mounted| mounted.shows(volume, path))
        };
        let mut seeing: Vec<&Container> = candidates.filter(shows).map(|(container, _)| *container).collect();
        seeing.sort_by_key(|container| &container.name);
        seeing.dedup_by_key(|container| &container.name);
        seeing
    }
}

fn backups_to(host: &Host) -> HashMap<String, usize> {
    let mut backups = HashMap::new();
    for to in host.backups().filter_map(|(_, backup)| backup.to()) {
        *backups.entry(to.value().trim_end_matches('/').to_owned()).or_default() += 1;
    }
    backups
}

fn volumes<'a>(
    containers: impl Iterator<Item = &'a Container>,
) -> HashMap<String, Vec<(&'a Container, &'a Volume)>> {
    let mut volumes: HashMap<String, Vec<(&Container, &Volume)>> = HashMap::new();
    for container in containers {
        for volume in &container.volumes {
            // A container that mounts the whole host, such as a monitor, uses no particular file.
            if let Some(source) = map::source(volume).filter(|source| source != "/") {
                volumes.entry(source.trim_end_matches('/').to_owned()).or_default().push((container, volume));
            }
        }
    }
    volumes
}

/// The option that enables a service or a job.
pub(super) fn enable(option: &str) -> Expr {
    Expr::code(format!("homeserver.{}.enable", attribute(option)))
}

/// A port of the host behind a site, as a text.
pub(super) fn port(port: &HostPort, host: &Host) -> Text {
    match port {
        HostPort::Fixed(text) => text.clone(),
        HostPort::Service(id) => {
            let port = host.service(id).and_then(|service| service.port.as_ref());
            let span = port.map_or_else(Default::default, |p| p.text.span);
            let value = Atom::Int(port.map_or(0, |p| p.value));
            let reference = Reference { target: Target::Port(id.to_string()), value, span };
            Text { pieces: vec![Piece::Reference(reference.into())], ..Text::empty(span) }
        }
    }
}

fn dumps(service: &Service) -> Vec<&str> {
    let is_dump =
        |job: &&Job| job.is_wanted() && job.backup().is_some_and(|backup| backup.source.folder().is_none());
    service.jobs.iter().filter(is_dump).map(|job| job.unit.as_str()).collect()
}
