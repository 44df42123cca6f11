//! Data that is written below a mount point while its disk is missing fills the root disk, and is hidden when the disk
//! is back.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::{Folders, is_below, normalized};
use crate::setting::VolumeSource;
use crate::tree::Node;

/// The folders in which disks are mounted (hier(7), file-hierarchy(7)).
const MOUNT_FOLDERS: &[&str] = &["/mnt", "/media", "/run/media"];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut reported = HashSet::new();
    // A mount point without its first slash is already reported.
    let mounts = Folders::of(
        host.machine.mounts.entries.iter().map(|(at, _)| (normalized(&format!("/{}", at.value())), ())),
    );
    let volumes = host.containers().flat_map(|c| &c.volumes).filter_map(|v| match &v.source {
        VolumeSource::Bind(path) => Some((path, v.span)),
        _ => None,
    });
    let backups = host.backups().flat_map(|(_, backup)| backup.paths());
    for (path, span) in volumes.chain(backups.map(|path| (path, path.span))) {
        let value = path.value();
        let Some(parent) = MOUNT_FOLDERS.iter().find(|parent| is_below(&value, parent)) else { continue };
        let described = mounts.innermost(&value).is_some();
        // udisks mounts at /run/media/USER/LABEL.
        let depth = if *parent == "/run/media" { 2 } else { 1 };
        let names: Vec<&str> = value[parent.len()..].split('/').filter(|part| !part.is_empty()).collect();
        // A bind of the whole parent includes every disk.
        let Some(names) = names.get(..depth) else { continue };
        let disk = format!("{parent}/{}", names.join("/"));
        if !described && reported.insert(disk.clone()) {
            diagnostics.push(
                Diagnostic::new(
                    Code::UndescribedDisk,
                    format!("`{disk}` is not declared under `host.mounts`"),
                    span,
                    "while the disk is missing, this folder would be on the root disk",
                )
                .help(format!(
                    "for a disk, write `mounts: {{ {disk}: {{}} }}` under `host`; for a folder of the root disk, write `allow: {{ HG0705: \"REASON\" }}`"
                )),
            );
        }
    }
}
