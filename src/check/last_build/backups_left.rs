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
    /// The folder of the older files.
    from: &'a str,
}

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let (Some(last_build), Some(disks)) = (&host.last_build, Disks::of(host)) else { return };
    let all = host.backups().filter_map(|(_, backup)| Some((backup.stem.clone(), folder(backup)?)));
    let used: HashSet<(String, String)> = all.collect();
    // One constant can move the backups of many services, while a name belongs to one service.
    let mut moved: IndexMap<(String, String), Vec<Left>> = IndexMap::new();
    for service in &host.services {
        let Some((owner, before)) =
            service.previous.as_ref().and_then(|name| last_build.services.get_key_value(name))
        else {
            continue;
        };
        let (mut renamed, mut replaced) = (Vec::new(), Vec::new());
        for (job, new, old) in pairs(service, before) {
            let Some(from) = old.to.as_deref() else { continue };
            if used.contains(&(old.name.clone(), from.to_owned())) {
                continue;
            }
            let left = Left { service, owner, job, new, old, from };
            match folder(new) {
                None => replaced.push(left),
                Some(_) if new.stem != old.name => renamed.push(left),
                Some(to) if to != from && disks.moved(from, &to).is_none() => {
                    moved.entry(moved_folders(from, &to)).or_default().push(left);
                }
                Some(_) => {}
            }
        }
        let subject = format!("backups of `{}`", service.name);
        let count = |left: &[Left]| format!("under {} other names", left.len());
        let reports = [
            report(&renamed, &subject, &count(&renamed), None, &rename_all(&renamed)),
            report(&replaced, &subject, "in their folders", None, DELETE),
        ];
        reports.into_iter().flatten().for_each(|d| diagnostics.push(d));
    }
    for ((from, to), left) in moved {
        let constant = left.iter().find_map(|one| constant(host, one.new.to()?, &from));
        let label = format!("changed from `{from}` to `{to}` since the last build");
        let count = format!("files of {} backups", left.len());
        let main = constant.map(|span| (span, label));
        report(&left, &count, &format!("in `{from}`"), main, &rename_all(&left))
            .into_iter()
            .for_each(|d| diagnostics.push(d));
    }
}

/// The folder of a backup on the host.
fn folder(backup: &Backup) -> Option<String> {
    backup.to().map(|to| normalized(&to.value()))
}

/// Builds one diagnostic about backups: `subject` would stay `location`. The main label is `main`, or else the first
/// backup.
fn report(
    left: &[Left],
    subject: &str,
    location: &str,
    main: Option<(Span, String)>,
    help: &str,
) -> Option<Diagnostic> {
    let first = left.first()?;
    let message = match left.len() {
        1 => format!("the older backups of `{}` would stay at {}", first.service.name, files(first)),
        _ => format!("the older {subject} would stay {location}"),
    };
    let label = |one: &Left| (one.job.span, format!("wrote {} in the last build", files(one)));
    let mut labels = main.into_iter().chain(left.iter().take(NAMED).map(label));
    let (span, text) = labels.next()?;
    let mut diagnostic = Diagnostic::new(Code::BackupsLeft, message, span, text);
    for (span, text) in labels {
        diagnostic = diagnostic.and(span, text);
    }
    if first.owner != first.service.name.as_str() {
        diagnostic = diagnostic.and(first.service.span, format!("named `{}` in the last build", first.owner));
    }
    Some(diagnostic.help(help))
}

/// The action for backups that are stored only in a repository.
const DELETE: &str =
    "no run deletes them: delete them once the repository has enough snapshots, or write `to` again";

/// The commands that rename the files of backups.
fn rename_all(left: &[Left]) -> String {
    let commands: Vec<String> = left.iter().take(NAMED).map(rename).collect();
    let more = match left.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and the other {more} in the same way"),
    };
    format!("as root, {}{more}; or delete the older backups", commands.join(", "))
}

fn files(left: &Left) -> String {
    format!("`{}/{}-…`", left.from.trim_end_matches('/'), left.old.name)
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
fn rename(left: &Left) -> String {
    let (old, new) = (left.old, left.new);
    let (from, to) = (left.from.trim_end_matches('/'), folder(new).unwrap_or_default());
    let to = to.trim_end_matches('/');
    let make = if from == to { String::new() } else { format!("mkdir -p -m 0700 {to} && ") };
    if [from, &old.name, to, &new.stem].iter().any(|text| shell_words::quote(text) != *text) {
        return format!("rename `{from}/{}-…` to `{to}/{}-…`", old.name, new.stem);
    }
    let name = &old.name;
    let stamped = format!("{name}-[0-9][0-9][0-9][0-9]-*");
    format!("run `{make}cd {from} && for f in {stamped}; do mv -T $f {to}/{}-${{f#{name}-}}; done`", new.stem)
}
