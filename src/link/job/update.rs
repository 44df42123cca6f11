//! Updates: their containers, and the backup that runs first.

use std::collections::HashMap;

use super::{DATABASE, Owner, job, missing, needs_port, time, unit_name};
use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::{Job, Schedule, Update, Work};
use crate::hir::{Id, Service};
use crate::link::{name, notify};
use crate::setting::{Flag, Map};
use crate::source::Span;
use crate::tree::Text;

/// Links the updates of a service: `update`, and those of `updates` by name. `own` is the span of the service's own backup,
/// if it has one, and `backups` are all of its backups.
pub(super) fn link_all(
    update: Option<ast::Update>,
    updates: Map<ast::Update>,
    own: Option<Span>,
    backups: &[Job],
    owner: &Owner,
    diagnostics: &mut Diagnostics,
) -> Vec<Job> {
    let named = updates.entries.into_iter().map(|(name, update)| (Some(name), update));
    let all = update.map(|update| (None, update)).into_iter().chain(named);
    let name = unit_name(owner.service, "backup", DATABASE);
    let first = backups.iter().find(|job| job.is_wanted() && job.name.as_str() == name);
    // Without the backup, the others are shown.
    let backups = Backups { first, others: if own.is_none() { backups } else { &[] } };
    all.filter_map(|(name, update)| link(name.as_ref(), update, &backups, owner, diagnostics)).collect()
}

/// The backups of a service, for its updates.
struct Backups<'a> {
    /// The service's own backup, if it is enabled.
    first: Option<&'a Job>,
    /// The backups with other names, if the service has no backup of its own.
    others: &'a [Job],
}

/// Links an update. `called` is its name in `updates`.
fn link(
    called: Option<&Text>,
    declared: ast::Update,
    backups: &Backups,
    owner: &Owner,
    diagnostics: &mut Diagnostics,
) -> Option<Job> {
    let service = owner.service;
    let at = time(declared.at, declared.span, &declared.unreadable, diagnostics)?;
    needs_port(owner, declared.health.text.span, "requests this path", diagnostics);
    if declared.restart.0.is_empty() {
        missing::<()>(
            "restart",
            declared.span,
            &declared.unreadable,
            "add a line such as `restart: server`, with the containers in the order of their start",
            diagnostics,
        );
    }
    let mut containers = Vec::new();
    let mut known: HashMap<String, Span> = HashMap::new();
    for name in &declared.restart.0 {
        match known.insert(name.value(), name.span) {
            None => containers.extend(owner.container(name, diagnostics).map(|c| c.name.clone())),
            Some(first) => diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("`restart` lists `{}` twice", name.value()),
                    name.span,
                    "listed again here",
                )
                .and(first, "first listed here")
                .help("remove one of the two"),
            ),
        }
    }
    let backup = backup_first(declared.backup_first, backups, service, diagnostics);
    let suffix = called.map(|name| format!("-{}", name.value())).unwrap_or_default();
    let unit = format!("{}-version-check{suffix}", service.name);
    let mut origin = format!("services.{}.update", service.name);
    if let Some(called) = called {
        name::check_update(called, &unit, diagnostics);
        origin = format!("services.{}.updates.{}", service.name, called.value());
    }
    let work = Work::Update(Update {
        repository: declared.repository.text,
        channel: declared.channel,
        soak: declared.soak,
        automatic: declared.automatic.value.then_some(declared.automatic.text.span),
        containers,
        backup,
        health: declared.health.text,
    });
    Some(Job {
        origin,
        // Without `automatic`, the timer starts only the check for a new version.
        unit,
        ping: declared.ping,
        notification: notify::resolve_job(declared.notify, owner.has_notify),
        ..job(
            format!("{}-update{suffix}", service.name),
            declared.span,
            declared.enable,
            Schedule::At(at),
            work,
        )
    })
}

/// The service's own backup. It runs before the update unless `backup_first` is false: a new image may
/// change the database so that the old image cannot read it.
fn backup_first(
    wanted: Option<Flag>,
    backups: &Backups,
    service: &Service,
    diagnostics: &mut Diagnostics,
) -> Option<Id<Job>> {
    if wanted.as_ref().is_some_and(|wanted| !wanted.value) {
        return None;
    }
    if let Some(job) = backups.first {
        return Some(job.name.clone());
    }
    let wanted = wanted?;
    if service.unreadable.may_hold(&["backup"]) {
        return None;
    }
    let missing = Diagnostic::new(
        Code::BackupMissing,
        format!("the service has no backup `{DATABASE}` to run first"),
        wanted.text.span,
        format!("needs a backup with the name `{DATABASE}`"),
    );
    diagnostics.push(
        backups
            .others
            .iter()
            .fold(missing, |missing, other| missing.and(other.span, "has another name"))
            .help(match backups.others {
                [] => "add an enabled `backup: { database: … }` with a time to the service, or remove `backup_first`",
                _ => "rename the backup that runs first to `database`",
            }),
    );
    None
}
