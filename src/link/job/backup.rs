//! Backups: their sources, targets and needed disks.

use super::{Owner, job, missing, time, unit_name};
use crate::ast::{self, BackupSources};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Name;
use crate::hir::backup::{Backup, BackupSource, Database, HostDatabase, Offsite, Repository, Server};
use crate::hir::job::{Job, Schedule, Work};
use crate::link::folder::Mounts;
use crate::link::notify;
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;
use crate::word::listed_keys;

pub(super) fn link(
    name: &Text,
    declared: ast::Backup,
    owner: &Owner,
    diagnostics: &mut Diagnostics,
) -> Option<Job> {
    let service = owner.service;
    let stem = name.value();
    crate::link::name::check_backup(name, &format!("{}-backup-{stem}", service.name), diagnostics);
    let at = time(declared.at, declared.span, &declared.unreadable, diagnostics)?;
    let to = match declared.to {
        Some(to) => to.text,
        None => missing(
            "to",
            declared.span,
            &declared.unreadable,
            "add a line such as `to: /mnt/backup`, the folder for the backups",
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
    if let Some(pattern) = declared.exclude.first()
        && is_certain
        && source.folder().is_none()
    {
        diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                "`exclude` needs `folder`",
                pattern.text.span,
                "this backup saves a single database",
            )
            .help("remove `exclude`"),
        );
    }
    let mut needed: Vec<Text> = Vec::new();
    for path in source.path().into_iter().chain([&to]) {
        if let Some(mount) = owner.mounts.of_path(&path.value())
            && !needed.iter().any(|m| m.value() == mount.value())
        {
            needed.push(mount.clone());
        }
    }
    let offsite = declared.offsite.and_then(|offsite| self::offsite(offsite, owner.mounts, diagnostics));
    let unit = unit_name(service, "backup", &stem);
    let notification = notify::resolve_job(declared.notify, owner.has_notify);
    Some(Job {
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
                to,
                mounts: needed,
                keep: declared.keep.text,
                keep_at_least: declared.keep_at_least.text,
                offsite,
            })),
        )
    })
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
                    || !owner.service.unreadable.is_empty()
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
