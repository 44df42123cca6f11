//! Jobs: their names, the containers that they work on, and what they need.

use super::folder::mount_of;
use super::notify::job_tells;
use crate::ast;
use crate::ast::container::Port;
use crate::ast::scalar::{Flag, Map};
use crate::diag::{Code, Diagnostic, Diagnostics, suggestion};
use crate::hir::job::{Backup, Job, Offsite, PostgresDatabase, Repository, SmokeTest, Source, Update, Work};
use crate::hir::{Host, HostPort, Service};
use crate::image::{ImageName, Kind};
use crate::source::{SourceId, Span};
use crate::tree::Text;

/// The backup that is the service's own: the others say their names after it.
const DATABASE: &str = "database";

/// The jobs of one service, as the file has them.
pub(super) struct Declared {
    backup: Map<ast::Backup>,
    update: Option<ast::Update>,
    cleanup: Option<ast::Cleanup>,
}

impl Declared {
    pub(super) fn take(service: &mut ast::Service) -> Declared {
        Declared {
            backup: std::mem::take(&mut service.backup),
            update: service.update.take(),
            cleanup: service.cleanup.take(),
        }
    }
}

/// Links the jobs of every service, in the order of the services.
pub(super) fn link(
    declared: Vec<Declared>,
    smoke: Option<ast::SmokeTest>,
    host: &mut Host,
    diagnostics: &mut Diagnostics,
) {
    let mounts: Vec<Text> = host.machine.mounts.0.iter().map(|(path, _)| path.clone()).collect();
    let told = host.notify.is_some();
    for (declared, service) in declared.into_iter().zip(&mut host.services) {
        let mut jobs: Vec<Job> = Vec::new();
        let own = declared.backup.get(DATABASE).map(|backup| backup.span);
        for (name, declared) in declared.backup.0 {
            jobs.extend(backup(&name, declared, service, &mounts, told, diagnostics));
        }
        let update =
            declared.update.and_then(|update| self::update(update, own, &jobs, service, told, diagnostics));
        jobs.extend(update);
        jobs.extend(declared.cleanup.and_then(|declared| cleanup(declared, service, told, diagnostics)));
        service.jobs = jobs;
    }
    host.jobs.extend(smoke.map(|declared| smoke_test(declared, told)));
}

/// When a job runs. What a preset describes without a time is there for the one who gives it one.
fn time(at: Option<ast::scalar::Calendar>, owner: Span, diagnostics: &mut Diagnostics) -> Option<Text> {
    match at {
        Some(at) => Some(at.0),
        None if owner.source != SourceId::FILE => None,
        None => {
            missing::<()>("at", owner, "add `at:`, such as `at: \"05:30\"`", diagnostics);
            Some(Text::literal("daily", owner))
        }
    }
}

fn missing<T>(key: &str, owner: Span, help: &str, diagnostics: &mut Diagnostics) -> Option<T> {
    diagnostics.push(
        Diagnostic::new(Code::MissingKey, format!("`{key}` is missing"), owner, format!("has no `{key}`"))
            .help(help),
    );
    None
}

fn backup(
    name: &Text,
    declared: ast::Backup,
    service: &Service,
    mounts: &[Text],
    told: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Job> {
    let stem = name.value();
    super::name::check_container(name, &format!("{}-backup-{stem}", service.name), diagnostics);
    let at = time(declared.at, declared.span, diagnostics)?;
    let to = match declared.to {
        Some(to) => to.0,
        None => missing("to", declared.span, "add `to:`, the folder that the backups go to", diagnostics)?,
    };
    // What is wrong here is said, and the rest is looked at all the same: nothing is written then.
    let source = match (declared.postgres, declared.sqlite, declared.folder) {
        (Some(postgres), sqlite, folder) => {
            only_one(sqlite.or(folder).is_some(), declared.span, diagnostics);
            Source::Postgres(database(postgres, service, diagnostics))
        }
        (None, Some(file), folder) => {
            only_one(folder.is_some(), declared.span, diagnostics);
            Source::Sqlite(file.0)
        }
        (None, None, Some(folder)) => Source::Folder(folder.0),
        (None, None, None) if diagnostics.has_unreadable_in(declared.span) => return None,
        (None, None, None) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::MissingKey,
                    "a backup of nothing",
                    declared.span,
                    "does not say what is saved",
                )
                .help("add one of `postgres`, `sqlite` and `folder`"),
            );
            return None;
        }
    };
    let read = match &source {
        Source::Postgres(_) => None,
        Source::Sqlite(path) | Source::Folder(path) => Some(path),
    };
    let mut needed: Vec<Text> = Vec::new();
    for path in read.into_iter().chain([&to]) {
        if let Some(mount) = mount_of(&path.value(), mounts)
            && !needed.iter().any(|m| m.value() == mount.value())
        {
            needed.push(mount.clone());
        }
    }
    let offsite = declared.offsite.and_then(|offsite| self::offsite(offsite, &to, mounts, diagnostics));
    let span = declared.span;
    let literal = |text: &str| Text::literal(text, span);
    let unit = unit_name(service, "backup", &stem);
    let tells = job_tells(declared.notify, told);
    Some(Job {
        origin: format!("services.{}.backup.{stem}", service.name),
        ping: declared.ping,
        tells,
        ..job(
            unit,
            name.span,
            declared.enable,
            at,
            Work::Backup(Box::new(Backup {
                // Of one folder's backups each belongs to the one that it is called after.
                stem: format!("{}-{stem}", service.name),
                restore: unit_name(service, "restore", &stem),
                source,
                to,
                mounts: needed,
                keep: declared.keep.map_or_else(|| literal("30d"), |days| days.0),
                keep_at_least: declared.keep_at_least.map_or_else(|| literal("3"), |count| count.0),
                offsite,
            })),
        )
    })
}

fn offsite(
    declared: ast::Offsite,
    to: &Text,
    mounts: &[Text],
    diagnostics: &mut Diagnostics,
) -> Option<Offsite> {
    // restic reads the lists of what it copies and leaves out as patterns, with variables (restic-backup(1),
    // --files-from and --exclude-file).
    if to.value().contains(['*', '?', '[', '\\', '$']) {
        diagnostics.push(
            Diagnostic::new(
                Code::UnsupportedValue,
                format!("restic would take `{}` for a pattern", to.value()),
                to.span,
                "has one of * ? [ \\ and $",
            )
            .and(declared.span, "copied by restic")
            .help("call the folder something else"),
        );
    }
    let repository = match (declared.repository, declared.repository_secret) {
        (Some(repository), None) => {
            // `rest:https://user:password@host`: NixOS writes it into the store.
            let value = repository.value();
            let login =
                value.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
            if login.is_some_and(|(user, _)| user.contains(':')) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::LiteralSecret,
                        "a password written into the file",
                        repository.0.span,
                        "everyone on the host could read it",
                    )
                    .help("put the whole address into a secret, and name that as `repository_secret`"),
                );
            }
            Repository::Plain(repository.0)
        }
        (None, Some(secret)) => Repository::Secret(secret),
        (Some(repository), Some(secret)) => {
            diagnostics.push(
                Diagnostic::new(Code::Contradiction, "two repositories", repository.0.span, "one is here")
                    .and(secret.0.span, "and one is in this secret")
                    .help("keep one of `repository` and `repository_secret`"),
            );
            Repository::Plain(repository.0)
        }
        (None, None) => missing(
            "repository",
            declared.span,
            "add `repository:`, or `repository_secret:`, a secret with it",
            diagnostics,
        )?,
    };
    Some(Offsite {
        mounts: match &repository {
            Repository::Plain(repository) => {
                mount_of(&repository.value(), mounts).cloned().into_iter().collect()
            }
            Repository::Secret(_) => Vec::new(),
        },
        repository,
        password: declared.password,
        environment: declared.environment,
        ping: declared.ping,
        keep: declared.keep,
    })
}

/// `immich-backup`, and `immich-backup-photos` for a backup with a name of its own.
fn unit_name(service: &Service, what: &str, backup: &str) -> String {
    match backup {
        DATABASE => format!("{}-{what}", service.name),
        _ => format!("{}-{what}-{backup}", service.name),
    }
}

/// The container that `short` names, as the service or the host calls it.
fn container<'a>(
    short: &Text,
    service: &'a Service,
    diagnostics: &mut Diagnostics,
) -> Option<&'a crate::hir::Container> {
    let name = short.value();
    let found = service.containers.iter().find(|c| c.short == name || c.name == name);
    // What could not be read may be that container.
    let unread = service.containers.is_empty() && diagnostics.has_unreadable_in(service.body);
    if found.is_none() && !unread {
        diagnostics.push(
            Diagnostic::new(
                Code::JobContainer,
                format!("the service has no container `{name}`"),
                short.span,
                "unknown container",
            )
            .help(match service.containers.is_empty() {
                true => "take the job out: only containers are updated and dumped".to_owned(),
                false => suggestion(&name, service.containers.iter().map(|c| c.short.as_str())),
            }),
        );
    }
    found
}

fn database(
    declared: ast::PostgresDatabase,
    service: &Service,
    diagnostics: &mut Diagnostics,
) -> PostgresDatabase {
    let found = container(&declared.container, service, diagnostics);
    if let Some(found) = found
        && let Some(known) = ImageName::of(&found.compose.image).known()
        && known.kind != Kind::Postgres
    {
        let is_postgres = |c: &&crate::hir::Container| {
            ImageName::of(&c.compose.image).known().is_some_and(|known| known.kind == Kind::Postgres)
        };
        diagnostics.push(
            Diagnostic::new(
                Code::JobContainer,
                format!("`{}` is no Postgres", declared.container.value()),
                declared.container.span,
                "has no database that pg_dump reads",
            )
            .and(found.compose.image.0.span, format!("this is {}", known.name))
            .help(match service.containers.iter().find(is_postgres) {
                Some(postgres) => format!("write `container: {}`", postgres.short),
                None => "name the container that Postgres runs in".to_owned(),
            }),
        );
    }
    let name = found.map_or_else(|| declared.container.value(), |c| c.name.clone());
    let uses = |c: &&crate::hir::Container| c.dependencies.contains(&name);
    PostgresDatabase {
        used_by: service.containers.iter().filter(uses).map(|c| c.name.clone()).collect(),
        container: name,
        database: declared.database.0,
        user: declared.user.0,
    }
}

fn only_one(two: bool, owner: Span, diagnostics: &mut Diagnostics) {
    if two {
        diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                "a backup of several things",
                owner,
                "has two of `postgres`, `sqlite` and `folder`",
            )
            .help("write a backup for each"),
        );
    }
}

/// A job asks its service at the port on 127.0.0.1, so that has to be published there.
fn needs_port(service: &Service, at: Span, why: &str, diagnostics: &mut Diagnostics) {
    let Some(port) = &service.port else {
        diagnostics.push(
            Diagnostic::new(Code::JobWithoutPort, "a job that cannot reach its service", at, why.to_owned())
                .and(service.span, "this service has no `port`")
                .help("give the service a `port`, and a site or a published port that uses it"),
        );
        return;
    };
    let own = |text: &Text| text.value() == port.text.value();
    let behind_site = service.containers.iter().flat_map(|c| &c.site_ports).any(|p| match &p.host {
        HostPort::Service(name) => *name == service.name,
        HostPort::Fixed(text) => own(text),
    });
    let published: Vec<_> =
        service.containers.iter().flat_map(|c| &c.compose.ports).filter(|p| own(&p.published)).collect();
    let on_loopback = |port: &&Port| {
        port.address.as_ref().is_none_or(|a| matches!(a.value().as_str(), "127.0.0.1" | "0.0.0.0"))
    };
    if let (false, Some(elsewhere)) = (behind_site || published.iter().any(on_loopback), published.first()) {
        diagnostics.push(
            Diagnostic::new(Code::JobWithoutPort, "a job that cannot reach its service", at, why.to_owned())
                .and(elsewhere.span, "is published on another address than 127.0.0.1")
                .help("publish the port on 127.0.0.1 as well"),
        );
    }
}

fn update(
    declared: ast::Update,
    own: Option<Span>,
    backups: &[Job],
    service: &Service,
    told: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Job> {
    let at = time(declared.at, declared.span, diagnostics)?;
    needs_port(service, declared.health.0.span, "asks for this path", diagnostics);
    if declared.restart.0.is_empty() && !diagnostics.has_unreadable_in(declared.span) {
        missing::<()>(
            "restart",
            declared.span,
            "add `restart:`, the containers in the order in which they start",
            diagnostics,
        );
    }
    let containers = declared
        .restart
        .0
        .iter()
        .filter_map(|name| Some(container(name, service, diagnostics)?.name.clone()))
        .collect();
    for (i, name) in declared.restart.0.iter().enumerate() {
        if let Some(first) = declared.restart.0[..i].iter().find(|n| n.value() == name.value()) {
            diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("`{}` is started twice", name.value()),
                    name.span,
                    "again here",
                )
                .and(first.span, "and here")
                .help("keep one of the two"),
            );
        }
    }
    let backup = backup_first(declared.backup_first, own, backups, service, diagnostics);
    let name = format!("{}-update", service.name);
    let work = Work::Update(Update {
        repository: declared.repository.0,
        containers,
        backup,
        health: declared.health.0,
    });
    Some(Job {
        origin: format!("services.{}.update", service.name),
        // What runs at its time only looks.
        unit: format!("{}-version-check", service.name),
        ping: declared.ping,
        tells: job_tells(declared.notify, told),
        ..job(name, declared.span, declared.enable, at, work)
    })
}

/// The unit of the service's own backup, which stands at `own` if it has one. It runs first unless the file says
/// otherwise: a new image may change the database so that the old one cannot read it.
fn backup_first(
    wanted: Option<Flag>,
    own: Option<Span>,
    backups: &[Job],
    service: &Service,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    if wanted.as_ref().is_some_and(|wanted| !wanted.value) {
        return None;
    }
    let name = unit_name(service, "backup", DATABASE);
    if let Some(job) = backups.iter().find(|job| job.enable && job.name == name) {
        return Some(job.unit.clone());
    }
    let wanted = wanted?;
    // What could not be read is said, and may be that backup.
    let unread = match own {
        Some(own) => diagnostics.has_unreadable_in(own),
        None => backups.is_empty() && diagnostics.has_unreadable_in(service.body),
    };
    if unread {
        return None;
    }
    let missing = Diagnostic::new(
        Code::BackupMissing,
        "a backup that would run first and does not exist",
        wanted.text.span,
        "which backup?",
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

fn cleanup(
    declared: ast::Cleanup,
    service: &Service,
    told: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Job> {
    let at = time(declared.at, declared.span, diagnostics)?;
    needs_port(service, declared.immich_album.span, "asks Immich", diagnostics);
    let name = format!("{}-cleanup", service.name);
    Some(Job {
        origin: format!("services.{}.cleanup", service.name),
        ping: declared.ping,
        tells: job_tells(declared.notify, told),
        ..job(name, declared.span, declared.enable, at, Work::Album(declared.immich_album))
    })
}

fn smoke_test(declared: ast::SmokeTest, told: bool) -> Job {
    let tells = job_tells(declared.notify, told);
    let free_percent = declared.free_percent.map_or_else(|| Text::literal("10", declared.span), |n| n.0);
    let work = Work::SmokeTest(SmokeTest { free_percent });
    Job {
        origin: "smoke_test".to_owned(),
        ping: declared.ping,
        tells,
        ..job("smoke-test".to_owned(), declared.span, declared.enable, declared.at.0, work)
    }
}

/// A job that nobody hears of, whose unit, option and origin are called after it.
fn job(name: String, span: Span, enable: Option<Flag>, at: Text, work: Work) -> Job {
    Job {
        option: Service::option_name(&name),
        origin: name.clone(),
        unit: name.clone(),
        name,
        span,
        enable: enable.is_none_or(|e| e.value),
        at,
        ping: None,
        tells: false,
        work,
    }
}
