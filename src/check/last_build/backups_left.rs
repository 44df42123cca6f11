//! Backups are named after their service and the backup, and stay in the folder that they were written to. After a
//! rename or a move the older ones are orphaned: no run deletes them when they expire, and no smoke test checks the
//! age of the newest.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::moves::{Disks, constant, moved_folders};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Backup;
use crate::hir::{Host, Job, Service};
use crate::path::normalized;
use crate::record;
use crate::source::Span;
use crate::tree::Node;

/// The maximum number of backups that a message names.
const NAMED: usize = 4;

/// A backup whose older files have another name or lie in another folder.
struct Left<'a> {
    service: &'a Service,
    /// The name of the service in the last build.
    owner: &'a str,
    job: &'a Job,
    new: &'a Backup,
    old: &'a record::Backup,
}

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let (Some(last_build), Some(disks)) = (&host.last_build, Disks::of(host)) else { return };
    let all = host.backups().map(|(_, backup)| (backup.stem.clone(), normalized(&backup.to.value())));
    let used: HashSet<(String, String)> = all.collect();
    // One constant can move the backups of many services, while a name belongs to one service.
    let mut moved: IndexMap<(String, String), Vec<Left>> = IndexMap::new();
    for service in &host.services {
        let Some((owner, before)) =
            service.previous.as_ref().and_then(|name| last_build.services.get_key_value(name))
        else {
            continue;
        };
        let mut renamed = Vec::new();
        for (job, new, old) in pairs(service, before) {
            if used.contains(&(old.name.clone(), old.to.clone())) {
                continue;
            }
            let (to, left) = (normalized(&new.to.value()), Left { service, owner, job, new, old });
            if new.stem != old.name {
                renamed.push(left);
            } else if to != old.to && disks.moved(&old.to, &to).is_none() {
                moved.entry(moved_folders(&old.to, &to)).or_default().push(left);
            }
        }
        let names = format!("under {} other names", renamed.len());
        let subject = format!("backups of `{}`", service.name);
        report(&renamed, &subject, &names, None).into_iter().for_each(|d| diagnostics.push(d));
    }
    for ((from, to), left) in moved {
        let constant = left.iter().find_map(|one| constant(host, &one.new.to, &from));
        let label = format!("changed from `{from}` to `{to}` since the last build");
        let count = format!("files of {} backups", left.len());
        let main = constant.map(|span| (span, label));
        report(&left, &count, &format!("in `{from}`"), main).into_iter().for_each(|d| diagnostics.push(d));
    }
}

/// Builds one diagnostic about backups: `what` would stay `location`. The main label is `main`, or else the first
/// backup.
fn report(left: &[Left], subject: &str, location: &str, main: Option<(Span, String)>) -> Option<Diagnostic> {
    let first = left.first()?;
    let message = match left.len() {
        1 => format!("the older backups of `{}` would stay at {}", first.service.name, files(first.old)),
        _ => format!("the older {subject} would stay {location}"),
    };
    let label = |one: &Left| (one.job.span, format!("wrote {} in the last build", files(one.old)));
    let mut labels = main.into_iter().chain(left.iter().take(NAMED).map(label));
    let (span, text) = labels.next()?;
    let mut diagnostic = Diagnostic::new(Code::BackupsLeft, message, span, text);
    for (span, text) in labels {
        diagnostic = diagnostic.and(span, text);
    }
    if first.owner != first.service.name.as_str() {
        diagnostic = diagnostic.and(first.service.span, format!("named `{}` in the last build", first.owner));
    }
    let commands: Vec<String> = left.iter().take(NAMED).map(|one| rename(one.old, one.new)).collect();
    let more = match left.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and the other {more} in the same way"),
    };
    Some(diagnostic.help(format!("as root, {}{more}; or delete the older backups", commands.join(", "))))
}

fn files(backup: &record::Backup) -> String {
    format!("`{}/{}-…`", backup.to.trim_end_matches('/'), backup.name)
}

/// The backups of a service, each with its record of the last build.
fn pairs<'a>(
    service: &'a Service,
    before: &'a record::Service,
) -> Vec<(&'a Job, &'a Backup, &'a record::Backup)> {
    let jobs: Vec<(&Job, &Backup)> =
        service.jobs.iter().filter_map(|job| Some((job, job.backup()?))).collect();
    let name = |backup: &Backup| backup.stem.strip_prefix(&format!("{}-", service.name)).map(str::to_owned);
    let mut left: HashMap<&str, &record::Backup> =
        before.backups.iter().map(|(n, b)| (n.as_str(), b)).collect();
    let mut found = Vec::new();
    let mut others = Vec::new();
    for (job, backup) in jobs {
        match name(backup).and_then(|name| left.remove(name.as_str())) {
            Some(before) => found.push((job, backup, before)),
            None => others.push((job, backup)),
        }
    }
    // A renamed backup still has its source.
    let mut by_source: HashMap<(String, String), &record::Backup> = HashMap::new();
    let mut names: Vec<&&str> = left.keys().collect();
    names.sort();
    for name in names {
        let before = left[*name];
        by_source.entry((before.kind.clone(), before.source.clone())).or_insert(before);
    }
    for (job, backup) in others {
        let (kind, source) = backup.source.recorded();
        if let Some(before) = by_source.remove(&(kind.to_owned(), source)) {
            found.push((job, backup, before));
        }
    }
    found
}

/// The command that renames the files of a backup, or the same in words if the shell would not read a name as one plain
/// word.
fn rename(old: &record::Backup, new: &Backup) -> String {
    let (from, to) = (old.to.trim_end_matches('/'), normalized(&new.to.value()));
    let to = to.trim_end_matches('/');
    let make = if from == to { String::new() } else { format!("mkdir -p -m 0700 {to} && ") };
    if [from, &old.name, to, &new.stem].iter().any(|text| shell_words::quote(text) != *text) {
        return format!("rename `{from}/{}-…` to `{to}/{}-…`", old.name, new.stem);
    }
    let name = &old.name;
    let stamped = format!("{name}-[0-9][0-9][0-9][0-9]-*");
    format!("run `{make}cd {from} && for f in {stamped}; do mv -T $f {to}/{}-${{f#{name}-}}; done`", new.stem)
}
