//! The copy of backups elsewhere, with restic.

use super::require_mount;
use crate::hir::backup::{Backup, Offsite, Repository};
use crate::hir::job::Job;
use crate::lower::around::Around;
use crate::lower::job::{ONLINE, is_plain, pinged, secret_file, secret_is_there};
use crate::nix::{Expr, Part, attribute, parts};
use crate::nixos::Module;
use crate::path::is_below;
use crate::tree::Text;

/// While another copy into the same repository is at work it is waited for.
const RETRY_LOCK: &str = "--retry-lock=1h";

/// The folder below /var/lib with the state of jobs.
const STATE: &str = "homegen";

/// A copy of the newest backup through restic, after each good one.
///
/// restic finds what did not change by its path, and each backup has a path of its own. In the namespace of this unit
/// the folder of the backups therefore holds nothing but the newest one, under a name without its date. Returns the setting
/// of the backup's own unit that keeps a link to the newest one.
pub(super) fn lower(
    job: &Job,
    backup: &Backup,
    suffix: &str,
    offsite: &Offsite,
    around: &Around,
    module: &mut Module,
) -> (&'static str, Expr) {
    let unit = format!("restic-backups-{}", job.unit);
    module.unit(&job.unit).append("onSuccess", [Expr::str(format!("{unit}.service"))]);
    let set = module.unit(&unit);
    set.append("after", [Expr::str(around.secrets.unit)]);
    if job.tells.is_on() {
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
    if backup.source.folder().is_some() {
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
    ("StateDirectory", Expr::str(state(job)))
}

/// The folder below /var/lib with the link to the newest backup, as `StateDirectory=` takes it.
fn state(job: &Job) -> String {
    format!("{STATE}/{}", job.unit)
}

/// The link to the newest backup, which backup.sh keeps.
fn latest(job: &Job) -> String {
    format!("/var/lib/{}/latest", state(job))
}

/// A command that runs outside of the unit's namespace, so that it says what is missing where that cannot be made.
fn outside(command: Expr) -> Expr {
    Expr::Infix(Box::new(Expr::str("+")), "+", Box::new(command))
}
