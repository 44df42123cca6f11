//! Backups, the command that restores one, and the copy elsewhere.

use super::{Confinement, ONLINE, Unit, is_plain, on_path, pinged, secret_file, secret_is_there};
use crate::hir::Service;
use crate::hir::job::{Backup, Job, Offsite, PostgresDatabase, Repository, Source};
use crate::lower::around::Around;
use crate::nix::{Expr, Part, Set, attribute, parts};
use crate::nixos::Module;
use crate::path::is_below;
use crate::script::Script;
use crate::tree::Text;

/// While another copy into the same repository is at work it is waited for.
const RETRY_LOCK: &str = "--retry-lock=1h";

/// The folder below /var/lib with the state of jobs.
const STATE: &str = "homegen";

/// The binding of the program that restores a dump into a database, which a backup and the command use.
const LOAD: &str = "loadDump";

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
            let load = Expr::run(Script::LoadDump, [Expr::Set(of_database(database))]);
            module.bindings.push((LOAD, load));
            offer(restore_postgres(backup, database), module);
            let producer =
                Expr::run(Script::DumpPostgres, [Expr::code(LOAD), Expr::Set(of_database(database))]);
            (producer, ".dump", "database")
        }
        Source::Sqlite(file) => {
            offer(restore_sqlite(backup, file, service, around), module);
            let mut parameters = Set::of([("DATABASE_FILE", Expr::text(file))]);
            shared("DATABASE_SHARED", file, around, &mut parameters);
            (Expr::run(Script::CopySqlite, [Expr::Set(parameters)]), ".sqlite", "database")
        }
        Source::Folder(folder) => {
            let mut parameters = Set::of([("SOURCE", Expr::text(folder))]);
            shared("SOURCE_SHARED", folder, around, &mut parameters);
            (Expr::run(Script::CopyFolder, [Expr::Set(parameters)]), "", "files")
        }
    };
    let mut parameters = Set::default();
    parameters.set("TARGET", Expr::text(&backup.to));
    shared("TARGET_SHARED", &backup.to, around, &mut parameters);
    parameters.set("NAME", Expr::str(backup.stem.clone()));
    parameters.set("SUFFIX", Expr::str(suffix));
    parameters.set("KEEP_DAYS", days(&backup.keep));
    parameters.set("KEEP_AT_LEAST", Expr::text(&backup.keep_at_least));
    let (mut after, mut more) = (Vec::new(), Vec::new());
    if let Source::Postgres(database) = &backup.source {
        after.push(format!("podman-{}.service", database.container));
    }
    if let Some(offsite) = &backup.offsite {
        more.push(("StateDirectory", Expr::str(state(job))));
        offsite_copy(job, backup, suffix, offsite, around, module);
    }
    let mounts = backup.mounts.iter();
    Unit {
        description: format!("Backup of the {what} of {}", service.name),
        about: format!("back up the {what} of {}", service.name),
        program: Expr::run(Script::Backup, [Expr::str(job.name.clone()), producer, Expr::Set(parameters)]),
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
        more,
    }
}

/// Names the folder that a path is in or is and that a container writes to, where there is one.
fn shared(parameter: &'static str, path: &Text, around: &Around, parameters: &mut Set) {
    if let Some(writer) = around.written.holding(&path.value()) {
        parameters.set(parameter, Expr::text(&writer.folder));
    }
}

fn require_mount(mount: &Text) -> Expr {
    Expr::run(Script::RequireMount, [Expr::text(mount)])
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
        ("DATABASE", Expr::text(&database.database)),
        ("DATABASE_USER", Expr::text(&database.user)),
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
    let name = Expr::str(backup.restore.clone());
    Expr::run(Script::RestorePostgres, [Expr::code(LOAD), name, Expr::Set(parameters)])
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
    Expr::run(Script::RestoreSqlite, [Expr::str(backup.restore.clone()), Expr::Set(parameters)])
}

/// The units of containers, with spaces between them.
fn units(containers: &[String]) -> Expr {
    let units = containers.iter().map(|name| format!("podman-{name}.service"));
    Expr::str(units.collect::<Vec<_>>().join(" "))
}

/// The folder below /var/lib with the link to the newest backup, as `StateDirectory=` takes it.
fn state(job: &Job) -> String {
    format!("{STATE}/{}", job.unit)
}

/// The link to the newest backup, which backup.sh keeps.
fn latest(job: &Job) -> String {
    format!("/var/lib/{}/latest", state(job))
}

/// A copy of the newest backup through restic, after each good one.
///
/// restic finds what did not change by its path, and each backup has a path of its own. In the namespace of this unit
/// the folder of the backups therefore holds nothing but the newest one, under a name without its date.
fn offsite_copy(
    job: &Job,
    backup: &Backup,
    suffix: &str,
    offsite: &Offsite,
    around: &Around,
    module: &mut Module,
) {
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
    let mut before: Vec<Expr> = before.into_iter().map(outside).collect();
    // The lock of a copy that a power cut ended stays, and blocks the ones after it. This removes only locks whose
    // process has ended, and fails where there is no repository yet.
    let package = format!("config.services.restic.backups.{}.package", attribute(&job.unit));
    before.push(Expr::Str(vec![
        Part::Text("-".into()),
        Part::Code(package.into()),
        Part::Text("/bin/restic unlock".into()),
    ]));
    // Its path has no letter that means something to systemd or to restic: linking refuses those.
    let quoted =
        |parts: Vec<Part>| [vec![Part::Text("\"".into())], parts, vec![Part::Text("\"".into())]].concat();
    let mut newest = parts(&backup.to);
    newest.push(Part::Text(format!("/{}{suffix}", backup.stem).into()));
    let exec = set.at(&["serviceConfig"]);
    exec.set("ExecStartPre", Expr::call("lib.mkBefore", [Expr::List(before)]));
    exec.append("ExecStopPost", offsite.ping.iter().map(|ping| outside(pinged(ping, "end"))));
    exec.set("TimeoutStartSec", Expr::str("1d"));
    exec.set_with(
        "restic sees the newest backup alone, and always under one path.",
        "TemporaryFileSystem",
        Expr::Str(quoted([parts(&backup.to), vec![Part::Text(":ro".into())]].concat())),
    );
    let link = vec![Part::Text(format!("{}:", latest(job)).into())];
    exec.set("BindReadOnlyPaths", Expr::Str([link, quoted(newest.clone())].concat()));
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
    // Rules are for each path: where backups share a folder, the folder is no path of one backup.
    let path = if around.backups_to(&target) > 1 { newest } else { parts(&backup.to) };
    restic.append("paths", [Expr::Str(path.clone())]);
    // Copies of others may be in the same repository, and rules are for each path and each host in it.
    restic.append("extraBackupArgs", [Expr::str(RETRY_LOCK)]);
    if let Source::Folder(_) = backup.source {
        // A file that did not change is a link to the one before, and each link changes the ctime of both.
        restic.append("extraBackupArgs", [Expr::str("--ignore-ctime")]);
    }
    if !offsite.keep.is_empty() {
        restic.append("pruneOpts", offsite.keep.iter().map(|rule| Expr::text(&rule.text)));
        let host = vec![Part::Text("--host=".into()), Part::Code("config.networking.hostName".into())];
        let flag = [vec![Part::Text("--path=".into())], path].concat();
        let path = Expr::call("utils.escapeSystemdExecArg", [Expr::Str(flag)]);
        restic.append("pruneOpts", [Expr::Str(host), path, Expr::str(RETRY_LOCK)]);
    }
    restic.set_with("It follows each good backup.", "timerConfig", Expr::Null);
}

/// A command that runs outside of the unit's namespace, so that it says what is missing where that cannot be made.
fn outside(command: Expr) -> Expr {
    Expr::Infix(Box::new(Expr::str("+")), "+", Box::new(command))
}
