//! Data that a backup saved, and that none saves any longer: the backup is gone, or saves another path than the application
//! writes to.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Change;
use crate::coverage::{Coverage, WritablePath};
use crate::deployment::Deployment;
use crate::plan::Risk;

pub(super) fn find(change: &Change) -> Vec<Risk> {
    let mut found = paths(change);
    found.extend(databases(change));
    found
}

/// Paths of containers that are no longer saved.
fn paths(change: &Change) -> Vec<Risk> {
    let old: HashMap<(&str, &str), &WritablePath> = change
        .old
        .coverage
        .iter()
        .map(|path| ((path.container.as_str(), path.target.as_str()), path))
        .collect();
    let mut found = Vec::new();
    for path in change.new.coverage.iter().filter(|path| path.coverage.is_incomplete()) {
        let container = match change.new.predecessors.get(&path.container) {
            Some(before) => before.name.as_str(),
            None => path.container.as_str(),
        };
        let Some(before) = old.get(&(container, path.target.as_str())) else { continue };
        let by = match (&before.coverage, &path.coverage) {
            (Coverage::BackedUp { by }, _) => by.clone(),
            (Coverage::InPart { saved }, Coverage::NotBackedUp) => {
                saved.iter().map(|saved| saved.by.clone()).collect()
            }
            _ => Vec::new(),
        };
        if !by.is_empty() {
            found.push(Risk {
                code: None,
                message: format!(
                    "no backup saves `{}` any longer, the data of `{}`",
                    path.source, path.container
                ),
                help: Some(format!(
                    "`{}` saved it: save it again, or declare the volume `disposable` with a reason",
                    by.join("`, `")
                )),
                line: Some(change.regions.line(path.span)),
            });
        }
    }
    found
}

/// Databases of the host's servers that are no longer saved. They are no paths of containers.
fn databases(change: &Change) -> Vec<Risk> {
    // The record has disabled backups too.
    let saved = |of: &Deployment| -> BTreeSet<(String, String)> {
        let wanted: HashSet<&str> = of.retention.keys().map(|(_, origin)| origin.as_str()).collect();
        let backups = of.record.services.iter().flat_map(|(service, declared)| {
            declared
                .backups
                .iter()
                .map(move |(name, backup)| (format!("services.{service}.backup.{name}"), backup))
        });
        let backups = backups.filter(|(origin, _)| wanted.contains(origin.as_str()));
        backups.map(|(_, backup)| (backup.kind.clone(), backup.source.clone())).collect()
    };
    let there = change.new.configuration.get(&["services", "postgresql", "ensureDatabases"]);
    let there: BTreeSet<&str> =
        there.and_then(|all| all.as_array()).into_iter().flatten().filter_map(|name| name.as_str()).collect();
    let new = saved(change.new);
    let gone = saved(change.old).into_iter().filter(|backup| !new.contains(backup));
    gone.filter(|(kind, database)| kind == "postgres" && there.contains(database.as_str()))
        .map(|(_, database)| {
            let message = format!("no backup saves the database `{database}` of the host any longer");
            let help = format!("add a backup with `postgres: {{ database: {database} }}` again");
            change.at("services", "postgres", message, help)
        })
        .collect()
}
