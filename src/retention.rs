//! The retention of the backups and snapshots of a host: what a run does not delete.

use std::collections::BTreeMap;

use crate::hir::backup::Repository;
use crate::hir::{Backup, Host};
use crate::tree::Text;

/// The backups of a host by their units, and the ZFS datasets by the unit of sanoid and their names.
pub(crate) type Retention = BTreeMap<(String, String), Kept>;

/// The rules of a backup or a dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kept {
    /// The rules in the folder or the dataset, each with its number. Empty without a folder.
    pub(crate) here: BTreeMap<String, u64>,
    /// The rules in the restic repository. Empty without a repository.
    pub(crate) offsite: BTreeMap<String, u64>,
    /// The restic repository. A repository in a secret has the name of the secret.
    pub(crate) repository: Option<String>,
}

/// The retention of a host. A disabled backup deletes nothing.
pub(crate) fn retention(host: &Host) -> Retention {
    let backups = host.backups().filter(|(job, _)| job.is_wanted());
    let mut all: Retention = backups
        .map(|(job, backup)| ((format!("{}.service", job.unit), job.origin.clone()), kept(backup)))
        .collect();
    for (dataset, snapshots) in host.zfs.iter().flat_map(|zfs| &zfs.snapshots.entries) {
        let numbers = snapshots.kinds().into_iter().map(|(kind, number)| {
            let number = number.map_or(0, |number| number_of(&number.text));
            (kind.to_owned(), number)
        });
        let kept = Kept { here: numbers.collect(), ..Kept::default() };
        all.insert(("sanoid.service".to_owned(), format!("zfs.snapshots.{}", dataset.value())), kept);
    }
    all
}

fn kept(backup: &Backup) -> Kept {
    let mut kept = Kept::default();
    if let Some(local) = &backup.local {
        kept.here.insert("keep".to_owned(), number_of(&local.keep));
        kept.here.insert("keep_at_least".to_owned(), number_of(&local.keep_at_least));
    }
    if let Some(offsite) = &backup.offsite {
        kept.offsite = offsite.keep.iter().map(|rule| rule_of(&rule.text.value())).collect();
        kept.repository = Some(match &offsite.repository {
            Repository::Plain(repository) => repository.value(),
            Repository::Secret(name) => format!("secret {}", name.text.value()),
        });
    }
    kept
}

/// The number at the beginning of a text, such as `30d`.
fn number_of(text: &Text) -> u64 {
    let text = text.value();
    let digits = text.find(|c: char| !c.is_ascii_digit()).map_or(text.as_str(), |end| &text[..end]);
    digits.parse().unwrap_or_default()
}

/// A rule of restic with its number, or its duration in hours (restic-forget(1)). A tag is kept whole.
fn rule_of(rule: &str) -> (String, u64) {
    let Some((name, value)) = rule.split_once([' ', '=']) else { return (rule.to_owned(), 1) };
    if value == "unlimited" || value == "-1" {
        return (name.to_owned(), u64::MAX);
    }
    if let Ok(number) = value.parse() {
        return (name.to_owned(), number);
    }
    let parts = value.split_inclusive(['y', 'm', 'd', 'h']).map(|part| {
        let (number, unit) = part.split_at(part.len() - 1);
        let hours = match unit {
            "y" => 8766,
            "m" => 730,
            "d" => 24,
            _ => 1,
        };
        number.parse::<u64>().ok().map(|number| number.saturating_mul(hours))
    });
    match parts.collect::<Option<Vec<u64>>>() {
        Some(hours) => (name.to_owned(), hours.into_iter().fold(0, u64::saturating_add)),
        None => (rule.to_owned(), 1),
    }
}
