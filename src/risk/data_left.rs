//! The data of a service, a container or a volume that goes: nothing deletes it, and no container uses it.

use std::collections::{BTreeMap, BTreeSet};

use super::Change;
use crate::path::ancestors;
use crate::plan::Risk;

/// The most paths that a message names.
const NAMED: usize = 6;

pub(super) fn find(change: &Change) -> Vec<Risk> {
    let used = used(change);
    let mut left: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in &change.old.coverage {
        if used.overlaps(&path.source) {
            continue;
        }
        // A diagnostic about moved data names the old place.
        let is_reported =
            ["`", " "].iter().any(|end| change.reported.contains(&format!("{}{end}", path.source)));
        if !is_reported {
            left.entry(&path.service).or_default().insert(&path.source);
        }
    }
    let mut found = Vec::new();
    for (service, sources) in left {
        let named: Vec<String> = sources.iter().take(NAMED).map(|source| shown(source)).collect();
        let more = match sources.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let message = format!("data of `{service}` stays, and no container uses it");
        let help = format!("delete it when nothing else needs it: {}{more}", named.join(", "));
        found.push(change.at(&format!("services.{service}"), "volumes", message, help));
    }
    found
}

/// The sources of all mounts of the new host, also those that are only read, and the folders of its backups.
fn used(change: &Change) -> Used {
    let services = change.new.record.services.values();
    let mounts =
        services.clone().flat_map(|service| &service.containers).flat_map(|(_, c)| c.mounts.values());
    let backups = services.flat_map(|service| service.backups.values());
    let backups = backups.flat_map(|backup| backup.to.iter().chain([&backup.source]));
    let written = change.new.coverage.iter().map(|path| &path.source);
    let all: BTreeSet<String> = mounts.chain(backups).chain(written).cloned().collect();
    Used(all)
}

/// Paths of the host and volumes.
struct Used(BTreeSet<String>);

impl Used {
    /// True if a path is used, is in a folder that is used, or has one in it.
    fn overlaps(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        let has_below = self.0.range(folder.clone()..).next().is_some_and(|next| next.starts_with(&folder));
        has_below || self.0.contains(path) || ancestors(path).any(|above| self.0.contains(above))
    }
}

fn shown(source: &str) -> String {
    if source.starts_with('/') { format!("`{source}`") } else { format!("the volume `{source}`") }
}
