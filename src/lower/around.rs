//! What the concerns of one service have to know of the rest of the host.

use std::collections::{HashMap, HashSet};

use super::folder::Makers;
use crate::hir::{Container, Host, HostPort};
use crate::map::{self, Mounted, Written};
use crate::nixos::SecretOptions;
use crate::path::{Folders, ancestors, is_inside_etc, without_static};
use crate::setting::{Number, Volume};
use crate::tree::{Atom, Piece, Reference, Target, Text, etc_files, options};

/// What stands around a service.
pub(super) struct Around<'a> {
    /// The options through which secrets are decrypted.
    pub(super) secrets: SecretOptions,
    /// The ports of all services.
    pub(super) ports: Ports<'a>,
    /// The options of the services that Caddy forwards to.
    pub(super) forwarded: HashSet<&'a str>,
    /// Which container's rule makes a folder.
    pub(super) makers: Makers<'a>,
    /// The names of `environment.etc` that the file declares, by their paths.
    etc_files: Folders<String>,
    /// The folders that containers write to.
    pub(super) written: Written,
    /// The containers that a folder or file of the host is mounted into, by its path, each with the volume.
    volumes: HashMap<String, Vec<(&'a Container, &'a Volume)>>,
    /// What each container has at its paths, by its name.
    mounted: HashMap<&'a str, Mounted>,
    /// How many backups go to a folder, by its path.
    backups_to: HashMap<String, usize>,
}

impl<'a> Around<'a> {
    pub(super) fn of(host: &'a Host) -> Around<'a> {
        let sites = host.front.iter().flat_map(|front| &front.sites);
        // Only a command that restores a file asks who sees it.
        let is_asked = host.backups().any(|(_, backup)| backup.source.sqlite().is_some());
        let asked = || host.containers().filter(|_| is_asked);
        Around {
            secrets: super::secret::options(host),
            ports: Ports::of(host),
            forwarded: sites.filter_map(|site| site.service.as_deref()).collect(),
            makers: Makers::of(host),
            etc_files: Folders::of(host.raw_options().flat_map(|tree| etc_files(&options(tree)))),
            written: Written::of(host),
            volumes: volumes(asked()),
            mounted: asked().map(|container| (container.name.as_str(), Mounted::of(container))).collect(),
            backups_to: backups_to(host),
        }
    }

    /// The names of `environment.etc` that create a path: its own or that of a folder that it lies in, and those of the files
    /// in it.
    pub(super) fn etc_files(&self, path: &str) -> Vec<&str> {
        let path = without_static(path);
        let inside = is_inside_etc(&path).then(|| self.etc_files.inside(&path));
        self.etc_files
            .around(&path)
            .into_iter()
            .chain(inside.into_iter().flatten())
            .map(String::as_str)
            .collect()
    }

    /// How many backups of the host go to this folder.
    pub(super) fn backups_to(&self, folder: &str) -> usize {
        self.backups_to.get(folder.trim_end_matches('/')).copied().unwrap_or_default()
    }

    /// The containers that see a path of the host, by their names.
    pub(super) fn seeing(&self, path: &str) -> Vec<&'a Container> {
        let candidates = ancestors(path).filter_map(|folder| self.volumes.get(folder)).flatten();
        let shows = |(container, volume): &&(&'a Container, &'a Volume)| {
            self.mounted.get(container.name.as_str()).is_some_and(|mounted| mounted.shows(volume, path))
        };
        let mut seeing: Vec<&Container> = candidates.filter(shows).map(|(container, _)| *container).collect();
        seeing.sort_by_key(|container| &container.name);
        seeing.dedup_by_key(|container| &container.name);
        seeing
    }
}

fn backups_to(host: &Host) -> HashMap<String, usize> {
    let mut backups = HashMap::new();
    for (_, backup) in host.backups() {
        *backups.entry(backup.to.value().trim_end_matches('/').to_owned()).or_default() += 1;
    }
    backups
}

fn volumes<'a>(
    containers: impl Iterator<Item = &'a Container>,
) -> HashMap<String, Vec<(&'a Container, &'a Volume)>> {
    let mut volumes: HashMap<String, Vec<(&Container, &Volume)>> = HashMap::new();
    for container in containers {
        for volume in &container.volumes {
            // A container with the whole host in it, such as a monitor, uses no file in particular.
            if let Some(source) = map::source(volume).filter(|source| source != "/") {
                volumes.entry(source.trim_end_matches('/').to_owned()).or_default().push((container, volume));
            }
        }
    }
    volumes
}

/// The ports of services, by their names.
pub(super) struct Ports<'a>(HashMap<&'a str, &'a Number>);

impl<'a> Ports<'a> {
    pub(super) fn of(host: &'a Host) -> Ports<'a> {
        let services = host.services.iter();
        Ports(services.filter_map(|s| Some((s.name.as_str(), s.port.as_ref()?))).collect())
    }

    /// A port of the host behind a site, as a text.
    pub(super) fn text(&self, port: &HostPort) -> Text {
        match port {
            HostPort::Fixed(text) => text.clone(),
            HostPort::Service(name) => {
                let port = self.0.get(name.as_str());
                let span = port.map_or_else(Default::default, |p| p.text.span);
                let value = Atom::Int(port.map_or(0, |p| p.value));
                let reference = Reference { target: Target::Port(name.clone()), value, span };
                Text { pieces: vec![Piece::Reference(reference.into())], ..Text::empty(span) }
            }
        }
    }
}
