//! A host with backups has data that no backup saves. Its owner finds out after the disk has failed.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::swapped_volume::swapped;
use crate::bind::is_file;
use crate::check::jobs::backup_unseen::unseen;
use crate::coverage::{Backups, Coverage, WritablePath, coverage};
use crate::databases::mounted_for;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Id, Job, Service};
use crate::image::Kind;
use crate::path::ancestors;
use crate::source::Span;
use crate::tree::Node;

/// The maximum number of places that a message names.
const NAMED: usize = 4;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    if Backups::of(host).is_empty() {
        return;
    }
    let all = coverage(host);
    // One folder may be a volume of several containers.
    let mut by_path: IndexMap<&str, Vec<&WritablePath>> = IndexMap::new();
    let swapped: HashSet<Span> = swapped(host).into_iter().map(|(volume, _)| volume.span).collect();
    let is_certain = |path: &&WritablePath| path.coverage.is_incomplete() && !swapped.contains(&path.span);
    for path in all.iter().filter(is_certain) {
        by_path.entry(&path.path).or_default().push(path);
    }
    let wrong = host.services.iter().filter(|service| has_wrong_backup(service));
    let wrong: HashSet<&str> = wrong.map(Service::name).collect();
    for (path, mounts) in &by_path {
        let is_in_another = ancestors(path).skip(1).any(|folder| by_path.contains_key(folder));
        if !is_in_another && !mounts.iter().any(|mount| wrong.contains(mount.service.as_str())) {
            report(host, mounts).into_iter().for_each(|diagnostic| diagnostics.push(diagnostic));
        }
    }
}

/// True if a backup of a service saves something else than intended, or could not be read. Another diagnostic is about
/// that, and the backup may be the one that is missing here.
fn has_wrong_backup(service: &Service) -> bool {
    let lacks_container = |job: &Job| {
        let database = job.backup().and_then(|backup| backup.source.database());
        database.is_some_and(|database| database.container.is_none())
    };
    service.has_broken_backup
        || service.unreadable.may_hold(&["backup"])
        || service.jobs.iter().any(lacks_container)
        || !unseen(service).is_empty()
}

/// The diagnostic about one path, at all places that mount it.
fn report(host: &Host, mounts: &[&WritablePath]) -> Option<Diagnostic> {
    let (first, others) = mounts.split_first()?;
    let source = &first.source;
    let (message, label) = match &first.coverage {
        Coverage::InPart { .. } => {
            (format!("`{source}` is backed up only in part"), "no backup saves the rest of it".to_owned())
        }
        _ => (
            format!("`{source}` is not backed up"),
            format!("`{}` writes to it, and no backup saves it", first.container),
        ),
    };
    let mut seen = HashSet::from([first.span]);
    let mut diagnostic = Diagnostic::new(Code::NotBackedUp, message, first.span, label);
    let others: Vec<Span> = others.iter().map(|mount| mount.span).filter(|span| seen.insert(*span)).collect();
    for span in others.into_iter().take(NAMED - 1) {
        diagnostic = diagnostic.and(span, "also mounted here");
    }
    if let Coverage::InPart { saved } = &first.coverage {
        for saved in saved.iter().take(NAMED) {
            diagnostic = diagnostic.and(saved.span, "only this is saved");
        }
    }
    Some(diagnostic.help(format!(
        "{}; or, if the data can be lost, write the volume as `{{ source: …, target: …, disposable: \"REASON\" }}`",
        backup(host, first)
    )))
}

/// The backup that would save a path, as an action.
fn backup(host: &Host, path: &WritablePath) -> String {
    let container = host.container(&Id::new(path.container.clone()));
    let kind = container.and_then(|container| {
        let known = container.settings.image.value.known()?;
        let data = mounted_for(container, known)?;
        (data.span == path.span).then_some(known.kind)
    });
    let short = container.map_or("", |container| &container.short);
    let folder = &path.path;
    match kind {
        Some(Kind::Postgres) => format!(
            "add a backup such as `postgres: {{ container: {short}, database: NAME, user: USER }}` to the service"
        ),
        Some(Kind::Mysql) => format!(
            "add a backup such as `mysql: {{ container: {short}, database: NAME, user: root, password: SECRET }}` to the service"
        ),
        // The files of a database are consistent while its container is stopped.
        Some(Kind::Sqlite(_) | Kind::Database) => format!(
            "add a backup such as `files: {{ folder: {folder}, stop: {short}, to: …, at: daily }}` to the service"
        ),
        _ if path.source.starts_with('/') && is_file(&path.path, &path.target) => {
            "add a backup of its folder to the service, or mount it with `:ro` if the container only reads it"
                .to_owned()
        }
        _ => format!("add a backup such as `files: {{ folder: {folder}, to: …, at: daily }}` to the service"),
    }
}
