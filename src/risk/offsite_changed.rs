//! Copies of a backup in a restic repository that end, or go to another repository, which starts empty.

use super::Change;
use crate::plan::Risk;

pub(super) fn find(change: &Change) -> Vec<Risk> {
    let mut found = Vec::new();
    for (key, old) in &change.old.retention {
        let (Some(from), Some(new)) = (&old.repository, change.new.retention.get(key)) else { continue };
        let (_, origin) = key;
        let path = format!("{origin}.offsite");
        let name = origin.trim_start_matches("services.");
        match &new.repository {
            Some(to) if to == from => {}
            Some(to) => found.push(change.at(
                &path,
                "repository",
                format!("the snapshots of `{name}` would stay in the repository `{from}`"),
                format!("`{to}` starts without them: keep the old repository until the new one has enough snapshots"),
            )),
            None => found.push(change.at(
                &path,
                "offsite",
                format!("`{name}` has no copy in a restic repository any longer"),
                format!("the snapshots in `{from}` stay as they are, and no new ones are added: write `offsite` again, or do without"),
            )),
        }
    }
    found
}
