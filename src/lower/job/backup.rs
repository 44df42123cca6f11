//! Backups, the command that restores one, and the copy elsewhere.

use super::{Confinement, ONLINE, Unit, is_plain, on_path, pinged, secret_file, secret_is_there};
use crate::hir::Service;
use crate::hir::job::{Backup, Job, Offsite, PostgresDatabase, Repository, Source};
use crate::lower::around::Around;
use crate::nix::{Expr, Part, Set, parts};
use crate::nixos::Module;
use crate::path::is_below;
use crate::tree::Text;

/// While another copy into the same repository is at work it is waited for.
const RETRY_LOCK: &str = "--retry-lock=1h";

/// The binding of the command that restores.
const RESTORE: &str = "restore";

pub(super) fn lower(
    job: &Job,
    backup: &Backup,
    service: &Service,
    around: &Around,
    module: &mut Module,
) -> Unit {
    let (producer, suffix, what) = match &backup.source {
        Source::Postgres(database) => {
            offer(restore_postgres(backup, database), module);
            (Expr::call("scripts.dumpPostgres", [Expr::Set(of_database(database))]), ".dump", "database")
        }
        Source::Sqlite(file) => {
            offer(restore_sqlite(backup, file, service, around), module);
            let mut parameters = Set::of([("DATABASE_FILE", Expr::text(file))]);
            shared("DATABASE_SHARED", file, around, &mut parameters);
            (Expr::call("scripts.copySqlite", [Expr::Set(parameters)]), ".sqlite", "database")
        }
        Source::Folder(folder) => {
            let mut parameters = Set::of([("SOURCE", Expr::text(folder))]);
            shared("SOURCE_SHARED", folder, around, &mut parameters);
            (Expr::call("scripts.copyFolder", [Expr::Set(parameters)]), "", "files")
        }
    };
    let mut parameters = Set::default();
    parameters.set("TARGET", Expr::text(&backup.to));
    shared("TARGET_SHARED", &backup.to, around, &mut parameters);
    parameters.set("NAME", Expr::str(backup.stem.clone()));
    parameters.set("SUFFIX", Expr::str(suffix));
    parameters.set("KEEP_DAYS", days(&backup.keep));
    parameters.set("KEEP_AT_LEAST", Expr::Str(parts(&backup.keep_at_least)));
    let mut after = Vec::new();
    if let Source::Postgres(database) = &backup.source {
        after.push(format!("podman-{}.service", database.container));
    }
    if let Some(offsite) = &backup.offsite {
        offsite_copy(job, backup, offsite, module);
    }
    let mounts = backup.mounts.iter();
    Unit {
        description: format!("Backup of the {what} of {}", service.name),
        about: format!("back up the {what} of {}", service.name),
        program: Expr::call("scripts.backup", [Expr::str(job.name.clone()), producer, Expr::Set(parameters)]),
        name: job.name.clone(),
        after,
        paths: backup.paths().into_iter().chain(&backup.mounts).cloned().collect(),
        confinement: match backup.source {
            Source::Postgres(_) => Confinement::Restricted,
            Source::Sqlite(_) | Source::Folder(_) => Confinement::Copying,
        },
        before: mounts.map(require_mount).collect(),
        secrets: vec![],
        timeout: "6h",
        persistent: true,
        more: vec![],
    }
}

/// Names the folder that a path is in or is and that a container writes to, where there is one.
fn shared(parameter: &'static str, path: &Text, around: &Around, parameters: &mut Set) {
    if let Some(writer) = around.written.holding(&path.value()) {
        parameters.set(parameter, Expr::text(&writer.folder));
    }
}

fn require_mount(mount: &Text) -> Expr {
    Expr::call("scripts.requireMount", [Expr::text(mount)])
}

/// The number in `30d`.
fn days(keep: &Text) -> Expr {
    match keep.reference() {
        Some(reference) => Expr::call("lib.removeSuffix", [Expr::str("d"), Expr::Ref(reference.clone())]),
        None => Expr::str(keep.value().trim_end_matches('d').to_owned()),
    }
}

fn of_database(database: &PostgresDatabase) -> Set {
    Set::of([
        ("CONTAINER", Expr::str(database.container.clone())),
        ("DATABASE", Expr::Str(parts(&database.database))),
        ("DATABASE_USER", Expr::Str(parts(&database.user))),
    ])
}

/// The command that restores, for a person.
fn offer(restore: Expr, module: &mut Module) {
    module.bindings.push((RESTORE, restore));
    on_path(Expr::code(RESTORE), module);
}

/// `immich-restore DUMP`.
fn restore_postgres(backup: &Backup, database: &PostgresDatabase) -> Expr {
    let mut parameters = of_database(database);
    parameters.set("UNITS", units(&database.used_by));
    Expr::call("scripts.restorePostgres", [Expr::str(backup.restore.clone()), Expr::Set(parameters)])
}

/// `vaultwarden-restore FILE`.
fn restore_sqlite(backup: &Backup, file: &Text, service: &Service, around: &Around) -> Expr {
    // Whoever sees the file may have it open, whosesoever he is. Where nobody does, it may be seen through a link,
    // which only the host knows, so that the service is stopped as a whole.
    let mut used_by: Vec<String> =
        around.seeing(&file.value()).into_iter().map(|container| container.name.clone()).collect();
    if used_by.is_empty() {
        used_by = service.containers.iter().map(|container| container.name.clone()).collect();
    }
    let mut parameters =
        Set::of([("NAME", Expr::str(backup.stem.clone())), ("DATABASE_FILE", Expr::text(file))]);
    shared("DATABASE_SHARED", file, around, &mut parameters);
    parameters.set("UNITS", units(&used_by));
    Expr::call("scripts.restoreSqlite", [Expr::str(backup.restore.clone()), Expr::Set(parameters)])
}

/// The units of containers, with spaces between them.
fn units(containers: &[String]) -> Expr {
    let units = containers.iter().map(|name| format!("podman-{name}.service"));
    Expr::str(units.collect::<Vec<_>>().join(" "))
}

/// The same files through restic, once there is a new good one.
fn offsite_copy(job: &Job, backup: &Backup, offsite: &Offsite, module: &mut Module) {
    let unit = format!("restic-backups-{}", job.unit);
    module.unit(&job.unit).append("onSuccess", [Expr::str(format!("{unit}.service"))]);
    let set = module.unit(&unit);
    set.append("after", [Expr::str("agenix-install-secrets.service")]);
    if job.tells {
        set.append("onFailure", [Expr::str("notify-failure@%n.service")]);
    }
    // What was saved is not read again, and its disk may be the one that died.
    let target = backup.to.value();
    let holds = |mount: &&Text| is_below(&target, &mount.value());
    let mounts = backup.mounts.iter().filter(holds).chain(&offsite.mounts);
    set.at(&["unitConfig"]).append(
        "RequiresMountsFor",
        mounts.clone().chain([&backup.to]).filter(|p| is_plain(p)).map(Expr::text),
    );
    // With secrets and disks that are there, and with an end: a run that hangs would be the last one.
    let hidden = match &offsite.repository {
        Repository::Secret(secret) => Some(secret),
        Repository::Plain(_) => None,
    };
    let mut before: Vec<Expr> = mounts.map(require_mount).collect();
    before.dedup();
    before.extend(
        [&offsite.password].into_iter().chain(&offsite.environment).chain(hidden).map(secret_is_there),
    );
    if offsite.ping.is_some() {
        set.append("after", [Expr::str(ONLINE)]);
        set.append("wants", [Expr::str(ONLINE)]);
    }
    before.extend(offsite.ping.iter().map(|ping| pinged(ping, "start")));
    let exec = set.at(&["serviceConfig"]);
    exec.set("ExecStartPre", Expr::call("lib.mkBefore", [Expr::List(before)]));
    exec.append("ExecStopPost", offsite.ping.iter().map(|ping| pinged(ping, "end")));
    exec.set("TimeoutStartSec", Expr::str("1d"));
    let restic = module.config.at(&["services", "restic", "backups", &job.unit]);
    match &offsite.repository {
        Repository::Plain(repository) => restic.set("repository", Expr::text(repository)),
        Repository::Secret(secret) => restic.set("repositoryFile", secret_file(secret)),
    }
    restic.set("passwordFile", secret_file(&offsite.password));
    if let Some(environment) = &offsite.environment {
        restic.set("environmentFile", secret_file(environment));
    }
    restic.set("initialize", Expr::Bool(true));
    restic.append("paths", [Expr::text(&backup.to)]);
    // Locks, and what is not finished; hidden files of what was saved lie deeper.
    let mut hidden = parts(&backup.to);
    hidden.push(Part::Text("/.*".into()));
    restic.append("exclude", [Expr::Str(hidden)]);
    // Copies of others may be in the same repository, and rules are for each path and each host in it.
    restic.append("extraBackupArgs", [Expr::str(RETRY_LOCK)]);
    if !offsite.keep.is_empty() {
        restic.append("pruneOpts", offsite.keep.iter().map(|rule| Expr::text(&rule.0)));
        let host = vec![Part::Text("--host=".into()), Part::Code("config.networking.hostName".into())];
        let path = Expr::call("utils.escapeSystemdExecArg", [Expr::flag("--path=", &backup.to)]);
        restic.append("pruneOpts", [Expr::Str(host), path, Expr::str(RETRY_LOCK)]);
    }
    restic.set_with("It follows each good backup.", "timerConfig", Expr::Null);
}
