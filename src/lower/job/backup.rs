//! Backups. Each kind of source has a file of its own with its save and restore commands, and so have the remote copy and
//! the backup that is stored in a repository alone.
//!
//! ```yaml
//! backup: { database: { sqlite: /srv/notes/notes.db, to: /srv/backups/notes, at: daily } }
//! ```
//! ```nix
//! program = scripts.backup "notes-backup" (scripts.copySqlite { … }) { TARGET = "/srv/backups/notes"; … };
//! systemd.services.notes-backup.serviceConfig.ExecStart = "${program}/bin/notes-backup";
//! ```

mod check;
mod folder;
mod mysql;
mod offsite;
mod postgres;
mod snapshot;
mod sqlite;

pub(super) use check::lower as lower_check;

use super::{Confinement, Unit, on_path, require_mount};
use crate::form::SecretName;
use crate::hir::backup::{Backup, BackupSource, Database, Local, Server};
use crate::hir::job::Job;
use crate::hir::{Id, Service};
use crate::lower::context::HostContext;
use crate::nix::{Expr, Part, Set, parts};
use crate::nixos::{Binding, Module};
use crate::script::Script;
use crate::tree::Text;
use crate::value::Value;

/// The properties of a kind of source.
struct Saved {
    /// The program that writes a backup to a given file or folder.
    producer: Expr,
    /// The sandbox of the job.
    confinement: Confinement,
    /// Units that the job is ordered after.
    after: Vec<String>,
    /// The secrets that the producer reads.
    secrets: Vec<Value<SecretName>>,
    /// The command that restores a file. `None` for a folder.
    restore: Option<Expr>,
}

/// The properties of a kind of storage.
struct Stored {
    /// The program of the unit.
    program: Expr,
    /// The secrets that the storage needs.
    secrets: Vec<Value<SecretName>>,
    /// The time limit.
    timeout: Expr,
    /// Additional settings of `serviceConfig`.
    more: Vec<(&'static str, Expr)>,
}

pub(super) fn lower(
    job: &Job,
    backup: &Backup,
    service: &Service,
    context: &HostContext,
    module: &mut Module,
) -> Option<Unit> {
    let saved = match &backup.source {
        BackupSource::Database(database) => match database.server {
            Server::Postgres => postgres::lower(backup, database, module),
            Server::Mysql(_) => mysql::lower(backup, database, context, module),
        },
        BackupSource::HostDatabase(database) => postgres::lower_host(backup, database, module),
        BackupSource::Sqlite(file) => sqlite::lower(backup, file, service, context),
        BackupSource::Folder(folder) => folder::lower(backup, folder, service, context),
    };
    let mut stored = match (&backup.local, &backup.offsite) {
        (Some(local), _) => self::local(job, backup, local, &saved, context, module),
        (None, Some(offsite)) => snapshot::lower(job, backup, offsite, &saved, service, context, module),
        (None, None) => return None,
    };
    if !backup.stop.is_empty() {
        stored.more.extend(folder::keep_stopped(job, module));
    }
    let mut before: Vec<Expr> = Vec::new();
    let mounts = backup.direct().into_iter().flat_map(|offsite| &offsite.mounts);
    for mount in backup.mounts.iter().chain(mounts).map(require_mount) {
        if !before.contains(&mount) {
            before.push(mount);
        }
    }
    Some(Unit {
        about: format!("back up the {} of {}", backup.source.content(), service.name),
        program: stored.program,
        name: job.name.to_string(),
        after: saved.after,
        paths: backup.paths().chain(&backup.mounts).cloned().collect(),
        confinement: saved.confinement,
        before,
        secrets: saved.secrets.into_iter().chain(stored.secrets).collect(),
        timeout: stored.timeout,
        persistent: true,
        finally: None,
        more: stored.more,
    })
}

/// Lowers a backup to a folder of the host, and its remote copy.
fn local(
    job: &Job,
    backup: &Backup,
    local: &Local,
    saved: &Saved,
    context: &HostContext,
    module: &mut Module,
) -> Stored {
    if let Some(restore) = &saved.restore {
        install(restore.clone(), module);
    }
    let mut parameters = Set::default();
    parameters.set("TARGET", Expr::text(&local.to));
    shared("TARGET_SHARED", &local.to, context, &mut parameters);
    parameters.set("NAME", Expr::str(backup.stem.clone()));
    parameters.set("SUFFIX", Expr::str(backup.source.suffix()));
    parameters.set("KEEP_DAYS", days(&local.keep));
    parameters.set("KEEP_AT_LEAST", Expr::text(&local.keep_at_least));
    let copy = backup.offsite.as_ref();
    let more = copy.map(|offsite| offsite::lower(job, backup, local, offsite, context, module));
    let arguments = [Expr::str(job.name.to_string()), saved.producer.clone(), Expr::Set(parameters)];
    Stored {
        program: Expr::run(Script::Backup, arguments),
        secrets: Vec::new(),
        timeout: Expr::str("6h"),
        more: more.into_iter().collect(),
    }
}

/// Adds a restore command.
fn install(restore: Expr, module: &mut Module) {
    module.bindings.push((Binding::Restore, restore));
    on_path(Binding::Restore.into(), module);
}

/// The folder on the host whose names have the times of the backups: those of the backups themselves, or of the IDs of
/// snapshots.
pub(super) fn folder(job: &Job, backup: &Backup) -> Vec<Part> {
    match backup.to() {
        Some(to) => parts(to),
        None => vec![Part::Text(format!("/var/lib/{}", offsite::state(job)).into())],
    }
}

/// The container of a database server.
fn container(database: &Database) -> Expr {
    Expr::str(database.container.as_ref().map(Id::to_string).unwrap_or_default())
}

/// The parameters of the scripts that use a database.
fn parameters(database: &Database) -> Set {
    Set::of([
        ("CONTAINER", container(database)),
        ("DATABASE", Expr::text(&database.database)),
        ("DATABASE_USER", Expr::text(&database.user)),
    ])
}

/// The unit of the database's container.
fn started(database: &Database) -> Vec<String> {
    database.container.iter().map(|container| format!("{}.service", container.unit())).collect()
}

/// Sets `parameter` to the folder at or above `path` that a container can write to, if there is one.
fn shared(parameter: &'static str, path: &Text, context: &HostContext, parameters: &mut Set) {
    if let Some(writer) = context.written.holding(&path.value()) {
        parameters.set(parameter, Expr::text(&writer.folder));
    }
}

/// The number in `30d`.
fn days(keep: &Text) -> Expr {
    match keep.reference() {
        Some(reference) => Expr::call("lib.removeSuffix", [Expr::str("d"), Expr::Ref(reference.clone())]),
        None => Expr::str(keep.value().trim_end_matches('d').to_owned()),
    }
}
