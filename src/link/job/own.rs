//! Jobs of the owner: their schedules, scripts and containers.

use std::collections::HashSet;

use super::{Owner, job};
use crate::ast;
use crate::ast::own_job::Exec;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Period;
use crate::hir::job::{Job, Schedule, Work};
use crate::hir::own_job::{self, Run, SecretVariables};
use crate::hir::{Container, Host, Id};
use crate::link::folder::Mounts;
use crate::link::{name, notify};
use crate::setting::UnreadableParts;
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;
use crate::word::listed_keys;

/// The shortest time between two starts, in milliseconds. The timers of the output have an accuracy of one second.
const SHORTEST_PERIOD: u64 = 1_000;

/// The owner of a job.
pub(super) enum Place<'a> {
    /// A service.
    Service(&'a Owner<'a>),
    /// The host, whose jobs may use the containers of all services.
    Host(&'a Host),
}

impl<'a> Place<'a> {
    /// The prefix of the names of its jobs, and the path to them in the file.
    fn names(&self) -> (String, String) {
        match self {
            Place::Service(owner) => {
                (format!("{}-job", owner.service.name), format!("services.{}.jobs", owner.service.name))
            }
            Place::Host(_) => ("job".to_owned(), "jobs".to_owned()),
        }
    }

    fn container(&self, name: &Text, diagnostics: &mut Diagnostics) -> Option<&'a Container> {
        let host = match self {
            Place::Service(owner) => return owner.container(name, diagnostics),
            Place::Host(host) => host,
        };
        let found = host.container(&Id::new(name.value()));
        let may_exist = || {
            let value = name.value();
            // Of so many mistakes, no further one is reported.
            diagnostics.is_full()
                || host.unreadable.may_hold(&["services"])
                || host.services.iter().any(|service| service.may_have_container(&value))
        };
        if found.is_none() && !may_exist() {
            let value = name.value();
            diagnostics.push(
                Diagnostic::new(
                    Code::JobContainer,
                    format!("there is no container `{value}`"),
                    name.span,
                    "not declared",
                )
                .help(match host.containers().next().is_none() {
                    true => "remove the job: the host has no containers".to_owned(),
                    false => diagnostics.suggestion(&value, host.containers().map(|c| c.name.as_str())),
                }),
            );
        }
        found
    }
}

pub(super) fn link(
    name: &Text,
    declared: ast::Job,
    place: &Place,
    mounts: &Mounts,
    has_notify: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Job> {
    let (prefix, path) = place.names();
    let unit = format!("{prefix}-{}", name.value());
    name::check_job(name, &unit, diagnostics);
    let schedule = schedule(&declared, diagnostics);
    let origin = format!("{path}.{}", name.value());
    let notification = notify::resolve_job(declared.notify, has_notify);
    let (enable, ping) = (declared.enable.clone(), declared.ping.clone());
    let work = work(declared, place, mounts, diagnostics);
    Some(Job { origin, ping, notification, ..job(unit, name.span, enable, schedule?, work?) })
}

/// Returns the schedule of a job, and reports a missing or a contradictory one.
fn schedule(declared: &ast::Job, diagnostics: &mut Diagnostics) -> Option<Schedule> {
    match (&declared.at, &declared.every) {
        (Some(at), Some(every)) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    "`at` and `every` exclude each other",
                    every.text.span,
                    "sets a period",
                )
                .and(at.text.span, "sets the times")
                .help("remove `at` or `every`"),
            );
            Some(Schedule::At(at.clone()))
        }
        (Some(at), None) => Some(Schedule::At(at.clone())),
        (None, Some(every)) => {
            check_period(every, diagnostics);
            Some(Schedule::Every(every.clone()))
        }
        (None, None) => {
            missing(
                "a job needs a schedule",
                &["at", "every"],
                declared.span,
                &declared.unreadable,
                "add a line such as `at: \"05:30\"` or `every: 10m`",
                diagnostics,
            );
            None
        }
    }
}

fn check_period(every: &Value<Period>, diagnostics: &mut Diagnostics) {
    if every.value.0.ms < SHORTEST_PERIOD {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("`{}` is too short for `every`", every.text.value()),
                every.text.span,
                "expected at least 1s",
            )
            .help("write `1s` or more"),
        );
    }
}

fn work(declared: ast::Job, place: &Place, mounts: &Mounts, diagnostics: &mut Diagnostics) -> Option<Work> {
    if let (Some(script), Some(exec)) = (&declared.run, &declared.exec) {
        diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                "`run` and `exec` exclude each other",
                exec.span,
                "runs a command in a container",
            )
            .and(script.span, "runs a script of the host")
            .help("declare one job for each"),
        );
        return None;
    }
    if let Some(exec) = &declared.exec {
        for (key, span) in only_of_scripts(&declared) {
            let help = match key {
                "user" => "move it into `exec`, for a user in the container, or remove it",
                _ => "remove it, or write a script that `run` names",
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("`{key}` has no effect on a command in a container"),
                    span,
                    "applies only to a script",
                )
                .and(exec.span, "this command runs in the container")
                .help(help),
            );
        }
    }
    let secrets = SecretVariables(declared.secrets.entries);
    let timeout = declared.timeout.text;
    if let Some(Exec { container, command, user, .. }) = declared.exec {
        if command.0.is_empty() {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadValue,
                    "the command is empty",
                    container.span,
                    "expected a command for this container",
                )
                .help("add words to `command`, such as `command: [app, cleanup]`"),
            );
        }
        return Some(Work::Exec(own_job::Exec {
            container: place.container(&container, diagnostics).map(|container| container.name.clone()),
            command: command.0,
            user: user.map(|user| user.text),
            secrets,
            timeout,
        }));
    }
    let Some(script) = declared.run else {
        let help = "add `run: ./script.sh`, or `exec` with a container and its command";
        let (span, unreadable) = (declared.span, &declared.unreadable);
        missing("a job needs a script or a command", &["run", "exec"], span, unreadable, help, diagnostics);
        return None;
    };
    let mut needed: Vec<Text> = Vec::new();
    let mut known = HashSet::new();
    for folder in &declared.writes {
        if let Some(mount) = mounts.of_path(&folder.text.value())
            && known.insert(mount.value())
        {
            needed.push(mount.clone());
        }
    }
    Some(Work::Run(Box::new(Run {
        script,
        is_missing: false,
        packages: declared.packages,
        secrets,
        writes: declared.writes,
        mounts: needed,
        user: declared.user,
        timeout,
    })))
}

/// The keys that apply only to a script, with their spans.
fn only_of_scripts(declared: &ast::Job) -> impl Iterator<Item = (&'static str, Span)> {
    let packages = declared.packages.first().map(|package| ("packages", package.text.span));
    let writes = declared.writes.first().map(|folder| ("writes", folder.text.span));
    let user = declared.user.as_ref().map(|user| ("user", user.text.span));
    [packages, writes, user].into_iter().flatten()
}

fn missing(
    title: &str,
    keys: &[&str],
    job: Span,
    unreadable: &UnreadableParts,
    help: &str,
    diagnostics: &mut Diagnostics,
) {
    if !unreadable.may_hold(keys) {
        let label = format!("expected one of {}", listed_keys(keys));
        diagnostics.push(Diagnostic::new(Code::MissingKey, title, job, label).help(help));
    }
}
