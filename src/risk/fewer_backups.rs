//! Backups and snapshots that exist, and that the next run deletes.

use std::collections::BTreeMap;

use super::Change;
use crate::plan::Risk;

pub(super) fn find(change: &Change) -> Vec<Risk> {
    let mut found = Vec::new();
    for (key, old) in &change.old.retention {
        let Some(new) = change.new.retention.get(key) else { continue };
        let (unit, origin) = key;
        let mut fewer = Vec::new();
        for (old, new) in [(&old.here, &new.here), (&old.offsite, &new.offsite)] {
            fewer.extend(smaller(old, new));
        }
        // Without rules, a repository keeps all snapshots.
        if old.repository.is_some() && old.offsite.is_empty() {
            fewer.extend(
                new.offsite.iter().map(|(rule, number)| (rule.clone(), format!("all → `{rule}` {number}"))),
            );
        }
        // The names of the keys in the file, which are those of the edits.
        let Some((key, _)) = fewer.first() else { continue };
        let all: Vec<&str> = fewer.iter().map(|(_, words)| words.as_str()).collect();
        let message = format!("the next run of `{unit}` deletes what it kept so far: {}", all.join(", "));
        let help = "copy what is still needed to another place before, or keep the old number".to_owned();
        found.push(change.at(origin, key, message, help));
    }
    found
}

/// The rules that keep less than before. Nothing is deleted where no rule is left: without rules, nothing is pruned.
fn smaller(old: &BTreeMap<String, u64>, new: &BTreeMap<String, u64>) -> Vec<(String, String)> {
    let shown = |number: u64| if number == u64::MAX { "all".to_owned() } else { number.to_string() };
    let mut found = Vec::new();
    for (rule, before) in old.iter().filter(|_| !new.is_empty()) {
        let after = new.get(rule).copied().unwrap_or_default();
        if after < *before {
            found.push((rule.clone(), format!("`{rule}` {} → {}", shown(*before), shown(after))));
        }
    }
    found
}
