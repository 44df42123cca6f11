//! A backup on the disk of its source is lost with the disk. Only disks under `host.mounts` are known.

use std::collections::{HashMap, HashSet};

use crate::databases::data_volume;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Backup, Container, Host, Id};
use crate::path::{ancestors, is_below};
use crate::setting::Postgres;
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    // Undeclared file systems may be mounted anywhere below the root file system.
    let points: HashSet<String> =
        host.machine.mounts.entries.iter().map(|(at, _)| at.value()).filter(|at| at != "/").collect();
    let mut data: HashMap<&Id<Container>, Option<(String, Span)>> = HashMap::new();
    for (_, backup) in host.backups() {
        let Some(target) = backup.target() else { continue };
        let to = target.value();
        let Some(disk) = disk_of(&to, &points) else { continue };
        let is_direct = backup.direct().is_some();
        if backup.offsite.is_some() && !is_direct {
            let Some(repository) = backup.repository() else { continue };
            let location = repository.value();
            // `backup_in_source.rs` reports a repository inside the copied folder.
            if disk_of(&location, &points) == Some(disk) && !is_below(&location, &to) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BackupOnDisk,
                        "the offsite copy is on the same disk as the backup",
                        repository.span,
                        format!("on {disk}"),
                    )
                    .and(target.span, format!("the backup is on {disk} too"))
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
                    "the backup is on the same disk as its source",
                    target.span,
                    format!("on {disk}"),
                )
                .and(span, format!("the source is on {disk} too"))
                .help(match is_direct {
                    true => "choose a repository on another disk, or another host",
                    false => "choose a folder on another disk, or add `offsite`",
                }),
            );
        }
    }
}

/// The mount point in `points` that holds a path.
fn disk_of<'a>(path: &'a str, points: &HashSet<String>) -> Option<&'a str> {
    ancestors(path).find(|folder| points.contains(*folder))
}

/// The path of the host that a backup saves, and its position in the file. `data` caches the paths of databases by
/// their containers.
fn saved<'a>(
    backup: &'a Backup,
    host: &Host,
    data: &mut HashMap<&'a Id<Container>, Option<(String, Span)>>,
) -> Option<(String, Span)> {
    if let Some(path) = backup.source.path() {
        return Some((path.value(), path.span));
    }
    if let Some(saved) = backup.source.host_database() {
        return Some((Postgres::DATA.to_owned(), saved.database.span));
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
