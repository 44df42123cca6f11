//! A backup on the disk of what it saves is lost with it. What lies on one disk is known only of those that the file
//! describes.

use std::collections::{HashMap, HashSet};

use crate::check::storage::databases::data_volume;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Backup, Container, Host, Id};
use crate::path::{ancestors, is_below};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    // Of the root file system nobody knows what else is mounted below.
    let points: HashSet<String> =
        host.machine.mounts.entries.iter().map(|(at, _)| at.value()).filter(|at| at != "/").collect();
    let mut data: HashMap<&Id<Container>, Option<(String, Span)>> = HashMap::new();
    for (_, backup) in host.backups() {
        let to = backup.to.value();
        let Some(disk) = disk_of(&to, &points) else { continue };
        if backup.offsite.is_some() {
            let Some(repository) = backup.repository() else { continue };
            let place = repository.value();
            // One inside of the other is said.
            if disk_of(&place, &points) == Some(disk) && !is_below(&place, &to) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BackupOnDisk,
                        "a copy elsewhere that is on the same disk",
                        repository.span,
                        format!("is on {disk}"),
                    )
                    .and(backup.to.span, "and so is what it copies")
                    .help("choose a repository on another disk, or another host"),
                );
            }
            continue;
        }
        let Some((path, span)) = saved(backup, host, &mut data) else { continue };
        if disk_of(&path, &points) == Some(disk) && !is_below(&to, &path) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupOnDisk,
                    "a backup on the disk of what it saves",
                    backup.to.span,
                    format!("is on {disk}"),
                )
                .and(span, "and so is what it saves")
                .help("choose a folder on another disk, or add an `offsite`"),
            );
        }
    }
}

/// The mount point that a path is on, of those that the file describes.
fn disk_of<'a>(path: &'a str, points: &HashSet<String>) -> Option<&'a str> {
    ancestors(path).find(|folder| points.contains(*folder))
}

/// The path of the host that a backup saves, and where it is written. `data` has what was found for databases, by
/// their containers.
fn saved<'a>(
    backup: &'a Backup,
    host: &Host,
    data: &mut HashMap<&'a Id<Container>, Option<(String, Span)>>,
) -> Option<(String, Span)> {
    if let Some(path) = backup.source.path() {
        return Some((path.value(), path.span));
    }
    let id = backup.source.database()?.container.as_ref()?;
    let found = data.entry(id).or_insert_with(|| {
        let container = host.container(id)?;
        let known = container.settings.image.value.known()?;
        let (volume, path) = data_volume(container, known)?;
        Some((path.value(), volume.span))
    });
    found.clone()
}
