//! The data of a service or a container that goes: nothing deletes it, and nothing uses it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Change;
use crate::plan::Risk;

/// The most paths that a message names.
const NAMED: usize = 6;

pub(super) fn find(change: &Change) -> Vec<Risk> {
    // A container that was renamed or moved has its data, or a diagnostic about it.
    let known: HashSet<&str> = change.new.predecessors.values().map(|before| before.name.as_str()).collect();
    let used: HashSet<&str> = change.new.coverage.iter().map(|path| path.source.as_str()).collect();
    let mut left: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in &change.old.coverage {
        let is_left = !known.contains(path.container.as_str()) && !used.contains(path.source.as_str());
        if is_left {
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
        let message = format!("the data of `{service}` stays, and nothing uses it");
        let help = format!("delete it when it is not needed: {}{more}", named.join(", "));
        found.push(change.at(&format!("services.{service}"), "containers", message, help));
    }
    found
}

fn shown(source: &str) -> String {
    if source.starts_with('/') { format!("`{source}`") } else { format!("the volume `{source}`") }
}
