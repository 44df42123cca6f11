//! Jobs: their names, containers and requirements.

mod backup;
mod own;
mod update;

use std::collections::{HashMap, HashSet};

use super::folder::Mounts;
use super::notify;
use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Calendar;
use crate::hir::job::{Job, Schedule, SmokeTest, Work};
use crate::hir::{Container, Host, HostPort, Id, Notification, Service};
use crate::setting::{Flag, Map, UnreadableParts};
use crate::source::{SourceId, Span};
use crate::tree::Text;
use crate::value::Value;

/// The name of the service's own backup. The names of other backups are added to unit names.
const DATABASE: &str = "database";

/// The declared jobs of one service.
pub(super) struct Declared {
    backup: Map<ast::Backup>,
    update: Option<ast::Update>,
    updates: Map<ast::Update>,
    cleanup: Option<ast::Cleanup>,
    own: Map<ast::Job>,
}

impl Declared {
    pub(super) fn take(service: &mut ast::Service) -> Declared {
        Declared {
            backup: std::mem::take(&mut service.backup),
            update: service.update.take(),
            updates: std::mem::take(&mut service.updates),
            cleanup: service.cleanup.take(),
            own: std::mem::take(&mut service.jobs),
        }
    }
}

/// Links the jobs of every service, in the order of the services, and those of the host.
pub(super) fn link(
    declared: Vec<Declared>,
    smoke: Option<ast::SmokeTest>,
    of_host: Map<ast::Job>,
    host: &mut Host,
    diagnostics: &mut Diagnostics,
) {
    let mounts = Mounts::of(&host.machine);
    let has_notify = host.notify.is_some();
    let databases = Databases::of(host);
    for (declared, service) in declared.into_iter().zip(&mut host.services) {
        let owner = Owner::of(service, &mounts, &databases, has_notify);
        let mut jobs: Vec<Job> = Vec::new();
        let own = declared.backup.get(DATABASE).map(|backup| backup.span);
        let mut has_broken_backup = false;
        for (name, declared) in declared.backup.entries {
            // A backup of a preset may lack a schedule, and then does not exist.
            let is_complete = declared.at.is_some() || declared.span.source == SourceId::FILE;
            let linked = backup::link(&name, declared, &owner, diagnostics);
            has_broken_backup |= linked.is_none() && is_complete;
            jobs.extend(linked.into_iter().flatten());
        }
        let updates = update::link_all(declared.update, declared.updates, own, &jobs, &owner, diagnostics);
        jobs.extend(updates);
        jobs.extend(declared.cleanup.and_then(|declared| cleanup(declared, &owner, diagnostics)));
        let place = own::Place::Service(&owner);
        let own = declared.own.entries.into_iter();
        jobs.extend(
            own.filter_map(|(name, job)| own::link(&name, job, &place, &mounts, has_notify, diagnostics)),
        );
        service.jobs = jobs;
        service.has_broken_backup = has_broken_backup;
    }
    let place = own::Place::Host(host);
    let own = of_host.entries.into_iter();
    let own = own.filter_map(|(name, job)| own::link(&name, job, &place, &mounts, has_notify, diagnostics));
    let own: Vec<Job> = own.collect();
    host.jobs.extend(smoke.map(|declared| smoke_test(declared, has_notify)));
    host.jobs.extend(own);
}

/// The time at which a job runs. A preset may leave it to the user: a job without a time does not run.
fn time(
    at: Option<Value<Calendar>>,
    owner: Span,
    unreadable: &UnreadableParts,
    diagnostics: &mut Diagnostics,
) -> Option<Value<Calendar>> {
    match at {
        Some(at) => Some(at),
        None if owner.source != SourceId::FILE => None,
        None => {
            missing::<()>("at", owner, unreadable, "add a line such as `at: \"05:30\"`", diagnostics);
            Value::of(Text::literal("daily", owner))
        }
    }
}

fn missing<T>(
    key: &str,
    owner: Span,
    unreadable: &UnreadableParts,
    help: &str,
    diagnostics: &mut Diagnostics,
) -> Option<T> {
    if unreadable.may_hold(&[key]) {
        return None;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::MissingKey,
            format!("`{key}` is missing"),
            owner,
            format!("expected the key `{key}`"),
        )
        .help(help),
    );
    None
}

/// `immich-backup`, and `immich-backup-photos` for a backup with a name of its own.
fn unit_name(service: &Service, kind: &str, backup: &str) -> String {
    match backup {
        DATABASE => format!("{}-{kind}", service.name),
        _ => format!("{}-{kind}-{backup}", service.name),
    }
}

/// The databases of the host's Postgres.
struct Databases {
    /// True if the file may declare the host's Postgres.
    is_declared: bool,
    /// The containers that use each database, of all services.
    used_by: HashMap<String, Vec<Id<Container>>>,
}

impl Databases {
    fn of(host: &Host) -> Databases {
        let mut used_by: HashMap<String, Vec<Id<Container>>> = HashMap::new();
        for container in host.containers() {
            if let Some(name) = container.used_database() {
                used_by.entry(name.value()).or_default().push(container.name.clone());
            }
        }
        let is_declared = host.postgres.is_some() || host.unreadable.may_hold(&["postgres"]);
        Databases { is_declared, used_by }
    }
}

/// The service whose jobs are linked, and the data of the host that the jobs need.
struct Owner<'a> {
    service: &'a Service,
    /// Its containers, by their names in it and on the host.
    containers: HashMap<&'a str, &'a Container>,
    /// The containers of the service that depend on a container.
    users: HashMap<&'a Id<Container>, Vec<&'a Container>>,
    /// The databases of the host's Postgres that the containers of the service use, without duplicates.
    used_databases: Vec<Text>,
    /// The place where the service's port is published, if that is only on other addresses than 127.0.0.1.
    published_elsewhere: Option<Span>,
    /// The mount points of the host.
    mounts: &'a Mounts,
    /// The databases of the host's Postgres.
    databases: &'a Databases,
    /// The file declares a destination for notifications.
    has_notify: bool,
}

impl<'a> Owner<'a> {
    fn of(service: &'a Service, mounts: &'a Mounts, databases: &'a Databases, has_notify: bool) -> Owner<'a> {
        let by_name = service.containers.iter().map(|c| (c.name.as_str(), c));
        // The names in the service come last, and take precedence.
        let containers = by_name.chain(service.containers.iter().map(|c| (c.short.as_str(), c))).collect();
        let mut users: HashMap<&Id<Container>, Vec<&Container>> = HashMap::new();
        for container in &service.containers {
            for dependency in &container.dependencies {
                users.entry(dependency).or_default().push(container);
            }
        }
        let used = service.containers.iter().filter_map(Container::used_database);
        let mut seen = HashSet::new();
        let used_databases = used.filter(|name| seen.insert(name.value())).cloned().collect();
        let published_elsewhere = published_elsewhere(service);
        Owner {
            service,
            containers,
            users,
            used_databases,
            published_elsewhere,
            mounts,
            databases,
            has_notify,
        }
    }

    /// The container with this name in the service or on the host.
    fn container(&self, name: &Text, diagnostics: &mut Diagnostics) -> Option<&'a Container> {
        let found = self.containers.get(name.value().as_str()).copied();
        if found.is_none() && !self.service.may_have_container(&name.value()) {
            let name_there = name.value();
            diagnostics.push(
                Diagnostic::new(
                    Code::JobContainer,
                    format!("the service has no container `{name_there}`"),
                    name.span,
                    "not declared",
                )
                .help(match self.containers.is_empty() {
                    true => "remove the job: the service has no containers".to_owned(),
                    false => diagnostics
                        .suggestion(&name_there, self.service.containers.iter().map(|c| c.short.as_str())),
                }),
            );
        }
        found
    }
}

/// Reports a job whose service has no port on 127.0.0.1, where the job sends its requests.
fn needs_port(owner: &Owner, at: Span, why: &str, diagnostics: &mut Diagnostics) {
    let unreached =
        Diagnostic::new(Code::JobWithoutPort, "a job cannot reach its service", at, why.to_owned());
    if owner.service.port.is_none() {
        diagnostics.push(
            unreached
                .and(owner.service.span, "this service has no `port`")
                .help("add a `port` to the service, and a site or a published port that uses it"),
        );
    } else if let Some(published) = owner.published_elsewhere {
        diagnostics.push(
            unreached
                .and(published, "published on another address than 127.0.0.1")
                .help("publish the port on 127.0.0.1 as well"),
        );
    }
}

/// The place where the service's port is published, if that is only on other addresses than 127.0.0.1.
fn published_elsewhere(service: &Service) -> Option<Span> {
    let port = service.port.as_ref()?;
    let own = |text: &Text| text.value() == port.text.value();
    let behind_site = service.containers.iter().flat_map(|c| &c.site_ports).any(|p| match &p.host {
        HostPort::Service(id) => *id == service.name,
        HostPort::Fixed(text) => own(text),
    });
    let published: Vec<_> = service
        .containers
        .iter()
        .flat_map(|c| &c.settings.ports)
        .filter(|p| own(&p.published.text))
        .collect();
    let is_reached = behind_site || published.iter().any(|port| port.has_http_on_loopback());
    published.first().filter(|_| !is_reached).map(|port| port.span)
}

fn cleanup(declared: ast::Cleanup, owner: &Owner, diagnostics: &mut Diagnostics) -> Option<Job> {
    let service = owner.service;
    let at = time(declared.at, declared.span, &declared.unreadable, diagnostics)?;
    needs_port(owner, declared.span, "sends requests to the service", diagnostics);
    let name = format!("{}-cleanup", service.name);
    Some(Job {
        origin: format!("services.{}.cleanup", service.name),
        ping: declared.ping,
        notification: notify::resolve_job(declared.notify, owner.has_notify),
        ..job(name, declared.span, declared.enable, Schedule::At(at), Work::Task(declared.task.task()))
    })
}

fn smoke_test(declared: ast::SmokeTest, has_notify: bool) -> Job {
    let notification = notify::resolve_job(declared.notify, has_notify);
    let work = Work::SmokeTest(SmokeTest { free_percent: declared.free_percent.text, pools: declared.pools });
    Job {
        origin: "smoke_test".to_owned(),
        ping: declared.ping,
        notification,
        ..job("smoke-test".to_owned(), declared.span, Some(declared.enable), Schedule::At(declared.at), work)
    }
}

/// A job without notifications, whose unit, option and origin have its name.
fn job(name: String, span: Span, enable: Option<Flag>, schedule: Schedule, work: Work) -> Job {
    Job {
        option: Service::option_name(&name),
        origin: name.clone(),
        unit: name.clone(),
        name: Id::new(name),
        span,
        enable: enable.map(|enable| enable.value),
        schedule,
        ping: None,
        notification: Notification::No,
        work,
    }
}
