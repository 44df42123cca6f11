//! The sources that changed since the last build. Several rules use them.

use std::collections::{BTreeMap, HashSet};

use indexmap::IndexSet;

use crate::bind::may_be_data;
use crate::diag::Code;
use crate::form::{Form, Image};
use crate::hir::{Container, Host, Previous, Service};
use crate::image::Kind;
use crate::path::{ancestors, is_below, normalized};
use crate::setting::{Volume, VolumeSource};
use crate::source::Span;
use crate::tree::{self, Node, Piece, Step, Target, Text};

/// A path in a container whose source differs from the last build.
pub(in crate::check) struct Move<'a> {
    pub service: &'a Service,
    pub container: &'a Container,
    pub previous: &'a Previous,
    /// The volume that is mounted at the path.
    pub volume: &'a Volume,
    /// The source in the last build: a path of the host, or a volume.
    pub from: &'a str,
    /// The source in this file: a path of the host, or a volume.
    pub to: String,
    /// True if a container of the last build has the new source: it has other data.
    pub is_taken: bool,
    /// The old and the new mount point of a disk, if nothing else in the path changed.
    pub disk: Option<(&'a str, String)>,
}

/// Returns every source that moves. Sources that a container only reads, and sources without data, are left out.
pub(in crate::check) fn moves(host: &Host) -> Vec<Move<'_>> {
    let Some(disks) = Disks::of(host) else { return Vec::new() };
    let before = host.last_build.iter().flat_map(|record| record.services.values());
    let before = before.flat_map(|service| service.containers.values());
    let taken: HashSet<&str> =
        before.flat_map(|container| container.mounts.values()).map(String::as_str).collect();
    let mut found = Vec::new();
    for service in &host.services {
        for container in &service.containers {
            let Some(previous) = &container.previous else { continue };
            if is_other_postgres(container, previous) {
                continue;
            }
            // homegen creates these folders, and they would be empty.
            let made: HashSet<Span> = container.folders.iter().map(|folder| folder.span).collect();
            for (volume, from) in other_sources(container, previous) {
                let Some(to) = volume.recorded_source() else { continue };
                let is_data = match &volume.source {
                    VolumeSource::Bind(_) => made.contains(&volume.span) || disks.mounts.contains(&to),
                    _ => true,
                };
                let read_only = volume.options.iter().any(|option| option.value() == "ro");
                if read_only || !is_data || !may_be_data(from, &volume.target.value()) {
                    continue;
                }
                let disk = disks.moved(from, &to);
                let is_taken = taken.contains(to.as_str());
                found.push(Move { service, container, previous, volume, from, to, is_taken, disk });
            }
        }
    }
    found
}

/// The volumes of a container whose source differs from the last build, with the old source.
fn other_sources<'a>(container: &'a Container, previous: &'a Previous) -> Vec<(&'a Volume, &'a str)> {
    let before = &previous.container.mounts;
    let volumes = || container.volumes.iter();
    let targets: HashSet<String> = volumes().map(|volume| normalized(&volume.target.value())).collect();
    let sources: HashSet<String> = volumes().filter_map(Volume::recorded_source).collect();
    let mut found = Vec::new();
    let mut new = Vec::new();
    for volume in volumes() {
        match before.get(&normalized(&volume.target.value())) {
            // A source that is mounted at another path of the container was moved there on purpose.
            Some(from) if !sources.contains(from) => found.push((volume, from.as_str())),
            Some(_) => {}
            None => new.push(volume),
        }
    }
    // An image with another path for its data often comes with another source.
    let mut gone = before.iter().filter(|(target, from)| {
        !targets.contains(*target) && !sources.contains(*from) && may_be_data(from, target)
    });
    let known: HashSet<&String> = before.values().collect();
    new.retain(|volume| {
        let is_data = |to: String| !known.contains(&to) && may_be_data(&to, &volume.target.value());
        volume.recorded_source().is_some_and(is_data)
    });
    if let (Some((_, from)), None, [volume]) = (gone.next(), gone.next(), new.as_slice()) {
        found.push((volume, from));
    }
    found
}

/// True if a container runs another Postgres major than in the last build. It starts on a new folder, as HG1204 asks,
/// and its data is restored from a dump.
pub(in crate::check) fn is_other_postgres(container: &Container, previous: &Previous) -> bool {
    let is_postgres = |image: &Image| image.known().is_some_and(|known| known.kind == Kind::Postgres);
    let major = |image: &Image| image.major().filter(|_| is_postgres(image));
    let before = Image::parse(&previous.container.image);
    match (before.as_ref().and_then(major), major(&container.settings.image.value)) {
        (Some(old), Some(new)) => old != new,
        _ => false,
    }
}

/// The code for data that stays in `from`, a path of the host or a volume.
pub(in crate::check) fn left(from: &str) -> Code {
    if from.starts_with('/') { Code::FolderLeft } else { Code::VolumeLeft }
}

/// The mount points of the host, in the last build and in this file.
pub(in crate::check) struct Disks<'a> {
    before: &'a BTreeMap<String, Option<String>>,
    mounts: HashSet<String>,
}

impl<'a> Disks<'a> {
    /// Returns the mount points of a host that has a last build.
    pub(in crate::check) fn of(host: &'a Host) -> Option<Disks<'a>> {
        let mounts = host.machine.mounts.entries.iter().map(|(path, _)| normalized(&path.value())).collect();
        Some(Disks { before: &host.last_build.as_ref()?.mounts, mounts })
    }

    /// The mount points of two paths, if the paths differ in nothing else, the first mount point is gone and the
    /// second is new: the disk has another mount point, and the data is on it.
    pub(in crate::check) fn moved(&self, from: &str, to: &str) -> Option<(&'a str, String)> {
        let (old, _) = ancestors(from).find_map(|path| self.before.get_key_value(path))?;
        let new = ancestors(to).find_map(|path| self.mounts.get(path))?;
        let same_rest = from.strip_prefix(old.as_str()) == to.strip_prefix(new.as_str());
        let is_other = old != new && !self.mounts.contains(old) && !self.before.contains_key(new);
        (same_rest && is_other).then(|| (old.as_str(), new.clone()))
    }
}

/// Removes the equal steps at the ends of two paths. Everything that moves between the same two folders has the result
/// in common.
pub(in crate::check) fn moved_folders(from: &str, to: &str) -> (String, String) {
    let (mut from, mut to) = (from, to);
    while let (Some((from_parent, from_name)), Some((to_parent, to_name))) =
        (from.rsplit_once('/'), to.rsplit_once('/'))
    {
        if from_name != to_name || from_parent == to_parent {
            break;
        }
        (from, to) = (from_parent, to_parent);
    }
    let folder = |path: &str| if path.is_empty() { "/".to_owned() } else { path.to_owned() };
    (folder(from), folder(to))
}

/// The position of the constant that a path begins with, if its value moved the path out of `from`.
pub(in crate::check) fn constant(host: &Host, path: &Text, from: &str) -> Option<Span> {
    path.pieces.iter().find_map(|piece| {
        let Piece::Reference(reference) = piece else { return None };
        let Target::Constant(steps) = &reference.target else { return None };
        let value = reference.value.text();
        let moved = value.starts_with('/') && is_below(&path.value(), &value) && !is_below(from, &value);
        let constants = host.constants.as_ref().filter(|_| moved)?;
        steps.iter().try_fold(constants, |node, step| step_into(node, step)).map(|node| node.span)
    })
}

fn step_into<'a>(node: &'a Node, step: &Step) -> Option<&'a Node> {
    match (step, &node.kind) {
        (Step::Key(key), _) => node.get(key),
        (Step::Item { index, .. }, tree::Kind::List(items)) => items.get(*index),
        (Step::Item { .. }, _) => None,
    }
}

/// The help about data whose new place has other data. Commands in a wrong order would overwrite it.
pub(in crate::check) fn move_by_hand(moves: &[Move]) -> Option<String> {
    let one = moves.iter().find(|one| one.is_taken)?;
    Some(format!(
        "before the switch, stop the containers and move the data by hand: `{}` has other data of the last build, which has to move first; or keep the old places",
        one.to
    ))
}

/// The command that stops containers by their names in the last build, or all containers if there are many.
pub(in crate::check) fn stop<'a>(containers: impl IntoIterator<Item = &'a Previous>) -> String {
    let mut units: IndexSet<String> = IndexSet::new();
    for previous in containers {
        let unit = format!("podman-{}.service", previous.container.name);
        units.insert(shell_words::quote(&unit).into_owned());
    }
    match units.len() {
        0..=MAX_UNITS => format!("systemctl stop {}", units.into_iter().collect::<Vec<_>>().join(" ")),
        _ => "systemctl stop 'podman-*.service'".to_owned(),
    }
}

/// The maximum number of units in a command.
const MAX_UNITS: usize = 16;

#[cfg(test)]
mod tests {
    use super::moved_folders;

    #[test]
    fn the_common_end_of_two_moved_paths_is_removed() {
        for (from, to, expected) in [
            ("/srv/appdata/wiki", "/srv/apps/wiki", ("/srv/appdata", "/srv/apps")),
            ("/srv/appdata/wiki/data", "/srv/apps/wiki/data", ("/srv/appdata", "/srv/apps")),
            ("/srv/a", "/srv/b", ("/srv/a", "/srv/b")),
            ("/data/a", "/srv/data/a", ("/", "/srv")),
            ("/a", "/b/a", ("/", "/b")),
        ] {
            let (a, b) = moved_folders(from, to);
            assert_eq!((a.as_str(), b.as_str()), expected);
        }
    }
}
