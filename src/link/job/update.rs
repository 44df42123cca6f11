//! Updates: the containers that are updated, and the backup before.

use std::collections::HashMap;

use super::{DATABASE, Owner, job, missing, needs_port, time, unit_name};
use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::{Job, Update, Work};
use crate::hir::{Id, Service};
use crate::link::notify::job_tells;
use crate::setting::Flag;
use crate::source::Span;

/// Links an update. `own` is where the service's own backup stands, if it has one, and `backups` are all of its
/// backups.
pub(super) fn link(
    declared: ast::Update,
    own: Option<Span>,
    backups: &[Job],
    owner: &Owner,
    diagnostics: &mut Diagnostics,
) -> Option<Job> {
    let service = owner.service;
    let at = time(declared.at, declared.span, &declared.unread, diagnostics)?;
    needs_port(service, declared.health.text.span, "asks for this path", diagnostics);
    if declared.restart.0.is_empty() {
        missing::<()>(
            "restart",
            declared.span,
            &declared.unread,
            "add `restart:`, the containers in the order in which they start",
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
                    format!("`{}` is started twice", name.value()),
                    name.span,
                    "again here",
                )
                .and(first, "and here")
                .help("keep one of the two"),
            ),
        }
    }
    let backup = backup_first(declared.backup_first, own, backups, service, diagnostics);
    let name = format!("{}-update", service.name);
    let work = Work::Update(Update {
        repository: declared.repository.text,
        containers,
        backup,
        health: declared.health.text,
    });
    Some(Job {
        origin: format!("services.{}.update", service.name),
        // What runs at its time only looks.
        unit: format!("{}-version-check", service.name),
        ping: declared.ping,
        tells: job_tells(declared.notify, owner.told),
        ..job(name, declared.span, declared.enable, at, work)
    })
}

/// The service's own backup, which stands at `own` if it has one. It runs first unless the file says
/// otherwise: a new image may change the database so that the old one cannot read it.
fn backup_first(
    wanted: Option<Flag>,
    own: Option<Span>,
    backups: &[Job],
    service: &Service,
    diagnostics: &mut Diagnostics,
) -> Option<Id<Job>> {
    if wanted.as_ref().is_some_and(|wanted| !wanted.value) {
        return None;
    }
    let name = unit_name(service, "backup", DATABASE);
    if let Some(job) = backups.iter().find(|job| job.enable && job.name.as_str() == name) {
        return Some(job.name.clone());
    }
    let wanted = wanted?;
    if service.unread.may_hold(&["backup"]) {
        return None;
    }
    let missing = Diagnostic::new(
        Code::BackupMissing,
        "a backup that would run first and does not exist",
        wanted.text.span,
        "needs a backup called `database`",
    );
    let others = if own.is_none() { backups } else { &[] };
    diagnostics.push(
        others
            .iter()
            .fold(missing, |missing, other| missing.and(other.span, format!("is not called `{DATABASE}`")))
            .help(match others {
                [] => "add `backup: { database: … }` to the service, with a time and turned on, or take this out",
                _ => "call the backup that runs first `database`",
            }),
    );
    None
}
