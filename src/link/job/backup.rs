//! Backups: their sources, targets and needed disks.

use std::collections::HashSet;

use super::{Owner, job, missing, time, unit_name};
use crate::ast::{self, BackupSources, Stop};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Calendar, ExcludePattern, Name, SecretName};
use crate::hir::backup as hir;
use crate::hir::backup::{
    Backup, BackupSource, Database, HostDatabase, Local, Offsite, Repository, Server, Stopped,
};
use crate::hir::job::{Job, Schedule, Work};
use crate::hir::{Container, Id};
use crate::link::folder::Mounts;
use crate::link::notify;
use crate::map::written_by;
use crate::path::{is_below, normalized};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;
use crate::word::listed_keys;

/// Links a backup, and the check of its repository.
pub(super) fn link(
    name: &Text,
    mut declared: ast::Backup,
    owner: &Owner,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Job>> {
    let service = owner.service;
    let stem = name.value();
    crate::link::name::check_backup(name, &format!("{}-backup-{stem}", service.name), diagnostics);
    let at = time(declared.at, declared.span, &declared.unreadable, diagnostics)?;
    let local = match declared.to {
        Some(to) => {
            let keep_at_least = declared.keep_at_least.text;
            Some(Local { to: to.text, keep: declared.keep.text, keep_at_least })
        }
        None if declared.offsite.is_some() => {
            if !declared.unreadable.may_hold(&["to"]) {
                let keys = [("keep", &declared.keep.text), ("keep_at_least", &declared.keep_at_least.text)];
                for (key, text) in keys {
                    text.written().into_iter().for_each(|text| diagnostics.push(without_to(key, text.span)));
                }
            }
            None
        }
        None if declared.unreadable.may_hold(&["offsite"]) => return None,
        None => missing(
            "to",
            declared.span,
            &declared.unreadable,
            "add a line such as `to: /mnt/backup`, the folder for the backups, or a restic repository with `offsite`",
            diagnostics,
        )?,
    };
    // An undeclared key may stand for one of the sources.
    let is_certain = !declared.unreadable.may_hold(BackupSources::KEYS);
    let mut sources = declared.sources.written().into_iter();
    let source = match sources.next() {
        Some(ast::BackupSource::Postgres(postgres)) => self::postgres(postgres, owner, diagnostics)?,
        Some(ast::BackupSource::Mysql(mysql)) => {
            let ast::MysqlDatabase { container, database, user, password, .. } = mysql;
            self::database(Server::Mysql(password), container, database, user, owner, diagnostics)
        }
        Some(ast::BackupSource::Sqlite(file)) => BackupSource::Sqlite(file),
        Some(ast::BackupSource::Folder(folder)) => BackupSource::Folder(folder),
        None => {
            if is_certain {
                diagnostics.push(without_source(declared.span));
            }
            return None;
        }
    };
    if is_certain && sources.next().is_some() {
        diagnostics.push(with_several(declared.span));
    }
    if is_certain && source.folder().is_none() {
        let exclude = declared.exclude.first().map(|pattern| ("exclude", pattern.text.span));
        let stop = declared.stop.as_ref().and_then(stop_span).map(|span| ("stop", span));
        for (key, span) in exclude.into_iter().chain(stop) {
            diagnostics.push(without_folder(key, span, &source));
        }
    }
    let stop = match source.folder() {
        Some(folder) => stopped(declared.stop, folder, &declared.exclude, owner, diagnostics),
        None => Vec::new(),
    };
    let mut needed: Vec<Text> = Vec::new();
    for path in source.path().into_iter().chain(local.as_ref().map(|local| &local.to)) {
        if let Some(mount) = owner.mounts.of_path(&path.value())
            && !needed.iter().any(|m| m.value() == mount.value())
        {
            needed.push(mount.clone());
        }
    }
    let check = declared.offsite.as_mut().and_then(|offsite| RepositoryCheck::take(offsite, diagnostics));
    let offsite = declared.offsite.and_then(|offsite| self::offsite(offsite, owner.mounts, diagnostics));
    if local.is_none() {
        let ping = offsite.as_ref()?.ping.as_ref();
        ping.into_iter().for_each(|ping| diagnostics.push(ping_without_to(ping.text.span)));
    }
    let unit = unit_name(service, "backup", &stem);
    let notification = notify::resolve_job(declared.notify, owner.has_notify);
    let check = check.filter(|_| offsite.is_some()).map(|check| {
        let unit = unit_name(service, "offsite-check", &stem);
        let backup = Id::new(unit_name(service, "backup", &stem));
        let work = Work::RepositoryCheck(hir::RepositoryCheck { backup, percent: check.percent });
        Job {
            origin: format!("services.{}.backup.{stem}.offsite.check", service.name),
            enable: declared.enable.as_ref().map(|enable| enable.value),
            ping: check.ping,
            notification,
            ..job(unit, check.at.span(), None, Schedule::At(check.at), work)
        }
    });
    let backup = Job {
        origin: format!("services.{}.backup.{stem}", service.name),
        ping: declared.ping,
        notification,
        ..job(
            unit,
            name.span,
            declared.enable,
            Schedule::At(at),
            Work::Backup(Box::new(Backup {
                // The prefix of file names identifies the backups of one job in a shared folder.
                stem: format!("{}-{stem}", service.name),
                restore: unit_name(service, "restore", &stem),
                source,
                exclude: declared.exclude,
                stop,
                local,
                mounts: needed,
                offsite,
            })),
        )
    };
    Some([backup].into_iter().chain(check).collect())
}

/// The declared check of a repository.
struct RepositoryCheck {
    at: Value<Calendar>,
    percent: Option<Text>,
    ping: Option<Value<SecretName>>,
}

impl RepositoryCheck {
    fn take(offsite: &mut ast::Offsite, diagnostics: &mut Diagnostics) -> Option<RepositoryCheck> {
        let (percent, ping) = (offsite.check_percent.take(), offsite.check_ping.take());
        let Some(at) = offsite.check.take() else {
            let percent = percent.map(|percent| ("check_percent", percent.text.span));
            let ping = ping.map(|ping| ("check_ping", ping.text.span));
            for (key, span) in percent.into_iter().chain(ping) {
                if !offsite.unreadable.may_hold(&["check"]) {
                    diagnostics.push(without_check(key, span));
                }
            }
            return None;
        };
        Some(RepositoryCheck { at, percent: percent.map(|percent| percent.text), ping })
    }
}

fn without_check(key: &str, span: Span) -> Diagnostic {
    let label = "the repository is not checked";
    Diagnostic::new(Code::Contradiction, format!("`{key}` needs `check`"), span, label)
        .help("add the schedule, such as `check: weekly`")
}

/// The containers and units that are stopped while a folder is copied.
fn stopped(
    declared: Option<Stop>,
    folder: &Text,
    exclude: &[Value<ExcludePattern>],
    owner: &Owner,
    diagnostics: &mut Diagnostics,
) -> Vec<Stopped> {
    let service = owner.service;
    let units = || service.native.names().map(Stopped::Unit);
    let flag = match declared {
        Some(Stop::Writing(flag)) if flag.value => flag,
        Some(Stop::Named(names)) => {
            let units: HashSet<String> = service.native.names().collect();
            let found = names.iter().filter_map(|name| match units.contains(&name.value()) {
                true => Some(Stopped::Unit(name.value())),
                false => owner.container(name, diagnostics).map(|c| Stopped::Container(c.name.clone())),
            });
            // A container has two names.
            let mut seen = HashSet::new();
            return found.filter(|stopped| seen.insert(stopped.unit())).collect();
        }
        _ => return Vec::new(),
    };
    let path = normalized(&folder.value());
    let writes = |container: &&Container| {
        written_by(container).any(|(written, _)| is_copied(&written.value(), &path, exclude))
    };
    let containers = service.containers.iter().filter(writes);
    let found: Vec<Stopped> =
        containers.map(|container| Stopped::Container(container.name.clone())).chain(units()).collect();
    let is_whole = !service.is_cut && !service.unreadable.may_hold(&["containers", "units"]);
    if found.is_empty() && is_whole && service.containers.iter().all(|c| !c.unreadable.may_hold(&["volumes"]))
    {
        diagnostics.push(
            Diagnostic::new(
                Code::JobContainer,
                format!("no container of the service writes to `{path}`"),
                flag.text.span,
                "stops nothing",
            )
            .and(folder.span, "the copied folder")
            .help("remove `stop`, or write the names of the containers to stop"),
        );
    }
    found
}

/// Reports whether a copy of `folder` has files of the folder `written`.
fn is_copied(written: &str, folder: &str, exclude: &[Value<ExcludePattern>]) -> bool {
    let written = written.trim_end_matches('/');
    if is_below(folder, written) {
        return true;
    }
    is_below(written, folder) && {
        let inside = written[folder.trim_end_matches('/').len()..].trim_start_matches('/');
        !exclude.iter().any(|pattern| pattern.value.excludes(inside, true))
    }
}

/// The span of a `stop` that stops something.
fn stop_span(stop: &Stop) -> Option<Span> {
    match stop {
        Stop::Writing(flag) => flag.value.then_some(flag.text.span),
        Stop::Named(names) => names.first().map(|name| name.span),
    }
}

fn without_folder(key: &str, span: Span, source: &BackupSource) -> Diagnostic {
    let label = match (key, source) {
        ("exclude", _) => "this backup saves a single database",
        (_, BackupSource::Sqlite(_)) => "an SQLite database is copied consistently while it is in use",
        _ => "the database is dumped while it runs",
    };
    let title = format!("`{key}` needs `folder`");
    Diagnostic::new(Code::Contradiction, title, span, label).help(format!("remove `{key}`"))
}

/// Reports a rule for the backups of a folder that is not set.
fn without_to(key: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::Contradiction,
        format!("`{key}` needs `to`"),
        span,
        "without `to`, all backups are in the repository of `offsite`",
    )
    .help(format!("remove `{key}`, and write rules such as `keep: [--keep-daily 14]` under `offsite`"))
}

fn ping_without_to(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::Contradiction,
        "`ping` of `offsite` needs `to`",
        span,
        "without `to`, the backup is the only run",
    )
    .help("write the `ping` of the backup, beside `offsite`")
}

fn offsite(declared: ast::Offsite, mounts: &Mounts, diagnostics: &mut Diagnostics) -> Option<Offsite> {
    let repository = match (declared.repository, declared.repository_secret) {
        (Some(repository), None) => Repository::Plain(repository.text),
        (None, Some(secret)) => Repository::Secret(secret),
        (Some(repository), Some(secret)) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    "`repository` and `repository_secret` exclude each other",
                    repository.text.span,
                    "sets the repository",
                )
                .and(secret.text.span, "also sets the repository")
                .help("remove `repository` or `repository_secret`"),
            );
            Repository::Plain(repository.text)
        }
        (None, None) => missing(
            "repository",
            declared.span,
            &declared.unreadable,
            "add `repository`, such as `repository: sftp:me@nas:/backups`, or `repository_secret` with the name of a secret",
            diagnostics,
        )?,
    };
    Some(Offsite {
        span: declared.span,
        mounts: match &repository {
            Repository::Plain(repository) => {
                mounts.of_path(&repository.value()).cloned().into_iter().collect()
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

/// Links a database of Postgres. Without a container, it is one of the host's Postgres.
fn postgres(
    declared: ast::PostgresDatabase,
    owner: &Owner,
    diagnostics: &mut Diagnostics,
) -> Option<BackupSource> {
    let example = "{ container: db, database: notes, user: notes }";
    let missing = |key: &str| Diagnostic::missing_key(key, declared.span, example);
    let may_hold = |key: &str| declared.unreadable.may_hold(&[key]);
    let Some(container) = declared.container else {
        if may_hold("container") {
            return None;
        }
        if !owner.databases.is_declared {
            // A rule reports that a container uses a database without the server.
            if declared.database.is_none() && !owner.used_databases.is_empty() {
                return None;
            }
            let help =
                "add the container of Postgres, such as `container: db`, or declare `postgres` of the host";
            diagnostics.push(missing("container").help(help));
            return None;
        }
        if let Some(user) = &declared.user {
            diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    "`user` needs the `container` of Postgres",
                    user.text.span,
                    "a backup of the host's Postgres connects as the superuser",
                )
                .help("remove `user`, or add `container`"),
            );
        }
        let database = match (declared.database, owner.used_databases.as_slice()) {
            (Some(database), _) => database.text,
            (None, [only]) => only.clone(),
            (None, used) => {
                let is_unread = owner.service.is_cut
                    || owner.service.unreadable.may_hold(&["containers"])
                    || owner.service.containers.iter().any(|c| c.unreadable.may_hold(&["uses"]));
                if !is_unread && !may_hold("database") {
                    let names: Vec<String> = used.iter().map(Text::value).collect();
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    let missing = missing("database");
                    diagnostics.push(match names.is_empty() {
                        true => missing,
                        false => missing.help(format!(
                            "add `database` with one of the databases that the containers use: {}",
                            listed_keys(&names)
                        )),
                    });
                }
                return None;
            }
        };
        let used_by = owner.databases.used_by.get(&database.value()).cloned().unwrap_or_default();
        return Some(BackupSource::HostDatabase(HostDatabase { database, used_by }));
    };
    for (key, is_absent) in [("database", declared.database.is_none()), ("user", declared.user.is_none())] {
        if is_absent && !may_hold(key) {
            diagnostics.push(missing(key));
        }
    }
    Some(self::database(Server::Postgres, container, declared.database?, declared.user?, owner, diagnostics))
}

fn database(
    server: Server,
    named: Text,
    database: Value<Name>,
    user: Value<Name>,
    owner: &Owner,
    diagnostics: &mut Diagnostics,
) -> BackupSource {
    let found = owner.container(&named, diagnostics);
    let users = found.and_then(|container| owner.users.get(&container.name));
    BackupSource::Database(Database {
        server,
        used_by: users.into_iter().flatten().map(|c| c.name.clone()).collect(),
        container: found.map(|container| container.name.clone()),
        named: named.span,
        database: database.text,
        user: user.text,
    })
}

fn without_source(backup: Span) -> Diagnostic {
    Diagnostic::new(
        Code::MissingKey,
        "a backup needs a source",
        backup,
        format!("expected one of {}", listed_keys(BackupSources::KEYS)),
    )
    .help("add a source, such as `folder: /srv/data`")
}

fn with_several(backup: Span) -> Diagnostic {
    let label = format!("expected one of {}", listed_keys(BackupSources::KEYS));
    Diagnostic::new(Code::Contradiction, "a backup has several sources", backup, label)
        .help("declare one backup for each source")
}
