//! `target:source` instead of `source:target` compiles, creates a folder on the host, and leaves the data in
//! the container, which NixOS removes at each stop (`podman run --rm`).

use std::collections::HashSet;

use crate::bind::is_system;
use crate::databases::{known_databases, swapped_volume};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::{ancestors, is_below};
use crate::setting::{Volume, VolumeSource};
use crate::source::Span;
use crate::tree::{Node, Piece, Target, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    swapped(host).into_iter().for_each(|(volume, title)| diagnostics.push(report(title, volume)));
}

/// The volumes whose source and target look swapped, each with the title of its diagnostic.
pub(super) fn swapped(host: &Host) -> Vec<(&Volume, String)> {
    let mut found = Vec::new();
    let (folders, neighbors) = (data_folders(host), neighbors(host));
    let of_databases: HashSet<Span> = known_databases(host)
        .filter_map(|(container, known)| swapped_volume(container, known))
        .map(|volume| volume.span)
        .collect();
    for volume in host.containers().flat_map(|c| &c.volumes) {
        let VolumeSource::Bind(source) = &volume.source else { continue };
        let (from, to) = (source.value(), volume.target.value());
        if of_databases.contains(&volume.span) {
            found
                .push((volume, format!("the source `{from}` is the path at which the image keeps its data")));
            continue;
        }
        let in_data =
            |path: &str| ancestors(path).find(|folder| folders.contains(*folder)).map(str::to_owned);
        let is_usual_source = HOST_FOLDERS.iter().any(|folder| is_below(&from, folder)) || is_system(&from);
        let in_neighbors = || {
            let folder = ancestors(&to).find(|folder| neighbors.contains(*folder))?;
            (!is_usual_source).then(|| folder.to_owned())
        };
        // Programs that start containers usually have the same path on both sides.
        let (Some(folder), None) = (in_data(&to).or_else(in_neighbors), in_data(&from)) else { continue };
        found.push((volume, format!("the target `{to}` is inside the host's data folder `{folder}`")));
    }
    found
}

fn report(title: String, volume: &Volume) -> Diagnostic {
    let source = match &volume.source {
        VolumeSource::Bind(path) | VolumeSource::Named(path) => path.value(),
        VolumeSource::Tmpfs => String::new(),
    };
    Diagnostic::new(Code::SwappedVolume, title, volume.span, "source and target look swapped")
        .help(format!("did you mean `{}:{source}`?", volume.target.value()))
}

/// The usual folders for the sources of volumes on a host.
const HOST_FOLDERS: &[&str] = &["/home", "/media", "/mnt", "/srv", "/var"];

/// Folders in which a target is suspicious if its source is outside the usual folders of a host: the declared disks,
/// and the folders that contain sources of volumes.
fn neighbors(host: &Host) -> HashSet<String> {
    let disks = host.machine.mounts.entries.iter().map(|(at, _)| at.value().trim_end_matches('/').to_owned());
    let sources = host.containers().flat_map(|c| &c.volumes).filter_map(|v| match &v.source {
        VolumeSource::Bind(path) => ancestors(&path.value()).nth(1).map(str::to_owned),
        VolumeSource::Named(_) | VolumeSource::Tmpfs => None,
    });
    let is_of_data = |folder: &String| {
        folder.matches('/').count() > 1
            && ["/media", "/mnt", "/srv"].iter().any(|data| is_below(folder, data))
    };
    disks.chain(sources).filter(is_of_data).collect()
}

/// The constants with which sources of volumes begin: folders that the host keeps its data in.
fn data_folders(host: &Host) -> HashSet<String> {
    let constant = |source: &Text| match source.pieces.first() {
        Some(Piece::Reference(reference)) if matches!(reference.target, Target::Constant(_)) => {
            Some(reference.value.text().trim_end_matches('/').to_owned())
        }
        _ => None,
    };
    let sources = host.containers().flat_map(|c| &c.volumes).filter_map(|v| match &v.source {
        VolumeSource::Bind(path) => Some(path),
        VolumeSource::Named(_) | VolumeSource::Tmpfs => None,
    });
    // A constant such as `/` or `/mnt` contains too much to be significant.
    sources.filter_map(constant).filter(|folder| folder.matches('/').count() > 1).collect()
}
