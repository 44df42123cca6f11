//! What is written below a mount point while nothing is mounted there fills the root disk, and disappears
//! when the disk comes back.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::{Folders, is_below, straight};
use crate::setting::VolumeSource;
use crate::tree::Node;

/// Where disks are mounted (hier(7), file-hierarchy(7)).
const PLACES: &[&str] = &["/mnt", "/media", "/run/media"];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut said = HashSet::new();
    // One that is written without its first slash was reported.
    let mounts = Folders::of(
        host.machine.mounts.entries.iter().map(|(at, _)| (straight(&format!("/{}", at.value())), ())),
    );
    let volumes = host.containers().flat_map(|c| &c.volumes).filter_map(|v| match &v.source {
        VolumeSource::Bind(path) => Some((path, v.span)),
        _ => None,
    });
    let backups = host.backups().flat_map(|(_, backup)| backup.paths());
    for (path, span) in volumes.chain(backups.map(|path| (path, path.span))) {
        let value = path.value();
        let Some(place) = PLACES.iter().find(|place| is_below(&value, place)) else { continue };
        let described = mounts.around(&value).is_some();
        // udisks mounts at /run/media/USER/LABEL.
        let depth = if *place == "/run/media" { 2 } else { 1 };
        let names: Vec<&str> = value[place.len()..].split('/').filter(|part| !part.is_empty()).collect();
        // Whoever has the place itself has all disks that are there, whichever those are.
        let Some(names) = names.get(..depth) else { continue };
        let disk = format!("{place}/{}", names.join("/"));
        if !described && said.insert(disk.clone()) {
            diagnostics.push(
                Diagnostic::new(
                    Code::UndescribedDisk,
                    format!("nothing is known of {disk}"),
                    span,
                    "would be made on the root disk while the disk is missing",
                )
                .help(format!(
                    "if it is a disk, write `mounts: {{ {disk}: {{}} }}` under `host`; if it is a folder of the root disk, accept it with `allow: {{ HG0705: \"REASON\" }}`"
                )),
            );
        }
    }
}
