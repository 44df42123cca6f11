//! Backups are called after their service and the backup, and lie where they were written. Under another name or in
//! another folder nothing looks at the older ones: they are not deleted when they are old, and no smoke test asks how
//! old the newest is.

use std::collections::{HashMap, HashSet};

use super::moves::Disks;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::{Backup, Work};
use crate::hir::{Host, Job, Service};
use crate::path::straight;
use crate::record;
use crate::tree::Node;

/// How many backups of a service are named one by one.
const NAMED: usize = 4;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let (Some(last_build), Some(disks)) = (&host.last_build, Disks::of(host)) else { return };
    let all =
        host.jobs().filter_map(backup).map(|backup| (backup.stem.clone(), straight(&backup.to.value())));
    let used: HashSet<(String, String)> = all.collect();
    for service in &host.services {
        let Some((old, before)) =
            service.previous.as_ref().and_then(|name| last_build.services.get_key_value(name))
        else {
            continue;
        };
        let mut left = pairs(service, before);
        left.retain(|(_, new, old)| {
            let to = straight(&new.to.value());
            let is_other = new.stem != old.name || (to != old.to && disks.moved(&old.to, &to).is_none());
            is_other && !used.contains(&(old.name.clone(), old.to.clone()))
        });
        let Some((job, _, first)) = left.first() else { continue };
        let message = match left.len() {
            1 => format!("the older backups of `{}` would stay in {}", service.name, files(first)),
            count => format!("the older backups of `{}` would stay under {count} other names", service.name),
        };
        let label = |old: &record::Backup| format!("wrote {} in the last build", files(old));
        let mut diagnostic = Diagnostic::new(Code::BackupsLeft, message, job.span, label(first));
        for (job, _, old) in left.iter().skip(1).take(NAMED - 1) {
            diagnostic = diagnostic.and(job.span, label(old));
        }
        if *old != service.name {
            diagnostic = diagnostic.and(service.span, format!("`{old}` in the last build"));
        }
        let commands: Vec<String> = left.iter().take(NAMED).map(|(_, new, old)| rename(old, new)).collect();
        let more = match left.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(", and the other {more} in the same way"),
        };
        diagnostics.push(diagnostic.help(format!(
            "as root, {}{more}; or delete the older backups if you do not need them",
            commands.join(", ")
        )));
    }
}

fn backup(job: &Job) -> Option<&Backup> {
    match &job.work {
        Work::Backup(backup) => Some(backup),
        _ => None,
    }
}

fn files(backup: &record::Backup) -> String {
    format!("`{}/{}-…`", backup.to.trim_end_matches('/'), backup.name)
}

/// The backups of a service, each with what it was in the last build.
fn pairs<'a>(
    service: &'a Service,
    before: &'a record::Service,
) -> Vec<(&'a Job, &'a Backup, &'a record::Backup)> {
    let jobs: Vec<(&Job, &Backup)> =
        service.jobs.iter().filter_map(|job| Some((job, backup(job)?))).collect();
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
    // Under another name of its own a backup saves the same.
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

/// The command that gives backups the name and the folder of the new ones, or the same in words where the shell would
/// take a name for something else.
fn rename(old: &record::Backup, new: &Backup) -> String {
    let (from, to) = (old.to.trim_end_matches('/'), straight(&new.to.value()));
    let to = to.trim_end_matches('/');
    let make = if from == to { String::new() } else { format!("mkdir -p -m 0700 {to} && ") };
    if [from, &old.name, to, &new.stem].iter().any(|text| shell_words::quote(text) != *text) {
        return format!("rename `{from}/{}-…` to `{to}/{}-…`", old.name, new.stem);
    }
    let name = &old.name;
    let stamped = format!("{name}-[0-9][0-9][0-9][0-9]-*");
    format!("run `{make}cd {from} && for f in {stamped}; do mv -T $f {to}/{}-${{f#{name}-}}; done`", new.stem)
}
