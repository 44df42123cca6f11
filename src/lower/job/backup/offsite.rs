//! The remote copy of backups, with restic.
//!
//! ```yaml
//! offsite: { repository: "sftp:me@nas:/backups", password: restic }
//! ```
//! ```nix
//! services.restic.backups.notes-backup = { repository = "sftp:me@nas:/backups"; … };
//! systemd.services.notes-backup.onSuccess = [ "restic-backups-notes-backup.service" ];
//! ```

use crate::hir::backup::{Backup, Local, Offsite, Repository};
use crate::hir::job::Job;
use crate::lower::context::HostContext;
use crate::lower::job::{ONLINE, pinged, quoted, require_mount, secret_is_there};
use crate::lower::secret;
use crate::nix::{Expr, Part, attribute, parts};
use crate::nixos::Module;
use crate::path::is_below;
use crate::tree::Text;

/// The time to wait for another process that locks the repository. It is the time limit of a check.
pub(super) const PATIENCE: &str = "6h";

/// The folder below /var/lib for the state of jobs.
const STATE: &str = "homegen";

/// Lowers the remote copy of the newest backup, which runs after each successful backup.
///
/// restic detects unchanged files by path, but each backup has a path with its date. So in the mount namespace of
/// this unit, the folder of the backups contains only the newest backup, under a name without the date. Returns the
/// setting of the backup's own unit that keeps a link to the newest backup.
pub(super) fn lower(
    job: &Job,
    backup: &Backup,
    local: &Local,
    offsite: &Offsite,
    context: &HostContext,
    module: &mut Module,
) -> (&'static str, Expr) {
    let unit = job.copy_unit();
    module.unit(&job.unit).append("onSuccess", [Expr::str(format!("{unit}.service"))]);
    let set = module.unit(&unit);
    set.append("after", secret::units(context.host).map(Expr::str));
    if job.notification.is_on() {
        set.append("onFailure", [Expr::str("notify-failure@%n.service")]);
    }
    // The source is not needed for the copy, and its disk may have failed.
    let target = local.to.value();
    let holds = |mount: &&Text| is_below(&target, &mount.value());
    let mounts = backup.mounts.iter().filter(holds).chain(&offsite.mounts);
    set.at(&["unitConfig"])
        .append("RequiresMountsFor", mounts.clone().chain([&local.to]).map(|path| quoted("", path)));
    // The copy requires its secrets and disks, and has a time limit: a run that hangs would block all later ones.
    let mut before: Vec<Expr> = mounts.map(require_mount).collect();
    before.dedup();
    before.extend(offsite.secret_names().map(|secret| secret_is_there(secret, context.host)));
    if offsite.ping.is_some() {
        set.append("after", [Expr::str(ONLINE)]);
        set.append("wants", [Expr::str(ONLINE)]);
    }
    before.extend(offsite.ping.iter().map(|ping| pinged(ping, "start", context.host)));
    let mut before: Vec<Expr> = before.into_iter().map(outside).collect();
    // The lock of a copy that a power cut interrupted stays, and blocks all later copies. `unlock` removes only
    // locks of processes that have ended, and fails if there is no repository yet.
    let package = format!("config.services.restic.backups.{}.package", attribute(&job.unit));
    before.push(Expr::Str(vec![
        Part::Text("-".into()),
        Part::Code(package.into()),
        Part::Text("/bin/restic unlock".into()),
    ]));
    // The path has no character with a special meaning in systemd or restic: the link pass reports those.
    let quoted =
        |parts: Vec<Part>| [vec![Part::Text("\"".into())], parts, vec![Part::Text("\"".into())]].concat();
    let mut newest = parts(&local.to);
    newest.push(Part::Text(format!("/{}{}", backup.stem, backup.source.suffix()).into()));
    let exec = set.at(&["serviceConfig"]);
    exec.set("ExecStartPre", Expr::call("lib.mkBefore", [Expr::List(before)]));
    exec.append("ExecStopPost", offsite.ping.iter().map(|ping| outside(pinged(ping, "end", context.host))));
    exec.set("TimeoutStartSec", Expr::str("1d"));
    exec.set_with(
        "restic sees only the newest backup, always under the same path.",
        "TemporaryFileSystem",
        Expr::Str(quoted([parts(&local.to), vec![Part::Text(":ro".into())]].concat())),
    );
    let link = vec![Part::Text(format!("{}:", latest(job)).into())];
    exec.set("BindReadOnlyPaths", Expr::Str([link, quoted(newest.clone())].concat()));
    let restic = module.config.at(&["services", "restic", "backups", &job.unit]);
    match &offsite.repository {
        Repository::Plain(repository) => restic.set("repository", Expr::text(repository)),
        Repository::Secret(secret) => restic.set("repositoryFile", secret::path(secret, context.host)),
    }
    restic.set("passwordFile", secret::path(&offsite.password, context.host));
    if let Some(environment) = &offsite.environment {
        restic.set("environmentFile", secret::path(environment, context.host));
    }
    restic.set("initialize", Expr::Bool(true));
    // `restic forget` applies its rules per path. If backups share a folder, the path of the folder is not unique.
    let path = if context.backups_to(&target) > 1 { newest } else { parts(&local.to) };
    restic.append("paths", [Expr::Str(path.clone())]);
    // The repository may contain copies of other hosts, so the rules are limited to this path and host.
    restic.append("extraBackupArgs", [retry_lock()]);
    if backup.source.folder().is_some() {
        // An unchanged file is a hard link to the previous copy, and each new link changes the ctime.
        restic.append("extraBackupArgs", [Expr::str("--ignore-ctime")]);
    }
    if !offsite.keep.is_empty() {
        restic.append("pruneOpts", offsite.keep.iter().map(|rule| Expr::text(&rule.text)));
        let host = vec![Part::Text("--host=".into()), Part::Code("config.networking.hostName".into())];
        let flag = [vec![Part::Text("--path=".into())], path].concat();
        let path = Expr::call("utils.escapeSystemdExecArg", [Expr::Str(flag)]);
        restic.append("pruneOpts", [Expr::Str(host), path, retry_lock()]);
    }
    restic.set_with("It runs after each successful backup instead.", "timerConfig", Expr::Null);
    ("StateDirectory", Expr::str(state(job)))
}

/// The folder below /var/lib that names the newest backup, as `StateDirectory=` takes it.
pub(in crate::lower::job) fn state(job: &Job) -> String {
    format!("{STATE}/{}", job.unit)
}

/// The link to the newest backup, which backup.sh keeps.
fn latest(job: &Job) -> String {
    format!("/var/lib/{}/latest", state(job))
}

/// The option of restic to wait for a lock.
fn retry_lock() -> Expr {
    Expr::str(format!("--retry-lock={PATIENCE}"))
}

/// A command that runs outside the unit's mount namespace, so that it can report a missing path that would prevent
/// the namespace.
fn outside(command: Expr) -> Expr {
    Expr::Infix(Box::new(Expr::str("+")), "+", Box::new(command))
}
