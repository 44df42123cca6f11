//! A copy of a folder. A folder has no restore command: a copy is restored by copying it back.
//!
//! ```yaml
//! backup: { files: { folder: /srv/notes, exclude: [cache/], to: /srv/backups/files, at: daily } }
//! ```
//! ```nix
//! program = scripts.backup "notes-backup-files" (scripts.copyFolder { SOURCE = "/srv/notes"; EXCLUDE = [ "cache/" ]; … }) { … };
//! ```
//!
//! With `stop: [web]`, the containers are stopped during the copy:
//!
//! ```nix
//! program = scripts.backup "notes-backup-files" (
//!   scripts.whileStopped (scripts.copyFolder { … }) { UNITS = "podman-notes-web.service"; … }
//! ) { … };
//! systemd.services.notes-backup-files.onFailure = [ "start-stopped@notes-backup-files.service" ];
//! systemd.services."start-stopped@notes-backup-files".serviceConfig.ExecStart =
//!   scripts.startStopped "/run/homegen/notes-backup-files";
//! ```

use super::{Confinement, Saved, shared};
use crate::hir::Service;
use crate::hir::backup::{Backup, Stopped};
use crate::hir::job::Job;
use crate::lower::context::HostContext;
use crate::nix::{Expr, Set};
use crate::nixos::Module;
use crate::script::Script;
use crate::tree::Text;

pub(super) fn lower(backup: &Backup, folder: &Text, service: &Service, context: &HostContext) -> Saved {
    let mut parameters = Set::of([("SOURCE", Expr::text(folder))]);
    parameters.append("EXCLUDE", backup.exclude.iter().map(|pattern| Expr::text(&pattern.text)));
    shared("SOURCE_SHARED", folder, context, &mut parameters);
    let copy = Expr::run(Script::CopyFolder, [Expr::Set(parameters)]);
    Saved {
        producer: stopped_for(copy, backup, service),
        confinement: Confinement::Copying,
        // A copy waits for a dump that is being made: it then has all files that the database of the dump names, and the
        // dump itself if it lies in the folder.
        after: context
            .dumps(service)
            .iter()
            .map(|unit| format!("{unit}.service"))
            // During boot, a unit that is about to start would not be stopped.
            .chain(backup.stop.iter().map(Stopped::unit))
            .collect(),
        secrets: Vec::new(),
        restore: None,
    }
}

/// Lowers the unit that starts the stopped units if the backup failed or was killed. Returns the settings of the backup's
/// own unit for the list of the stopped units.
///
/// `ExecStopPost=` does not suffice: `systemctl kill --signal=KILL` kills its process too (seen with systemd 257).
pub(super) fn keep_stopped(job: &Job, module: &mut Module) -> [(&'static str, Expr); 2] {
    // The names of jobs have no `@`.
    let starter = format!("start-stopped@{}", job.unit);
    module.unit(&job.unit).append("onFailure", [Expr::str(format!("{starter}.service"))]);
    let folder = format!("homegen/{}", job.unit);
    let set = module.unit(&starter);
    set.set("description", Expr::str(format!("Start of the units that {} stopped", job.unit)));
    let exec = set.at(&["serviceConfig"]);
    exec.set("Type", Expr::str("oneshot"));
    exec.set("ExecStart", Expr::run(Script::StartStopped, [Expr::str(format!("/run/{folder}"))]));
    // A failure that is followed by another start is not reported (systemd.service(5), RestartMode=).
    exec.set("Restart", Expr::str("on-failure"));
    exec.set("RestartSec", Expr::str("10s"));
    exec.set("RestartMode", Expr::str("direct"));
    set.set("startLimitBurst", Expr::Int(5));
    set.set("startLimitIntervalSec", Expr::Int(300));
    if job.notification.is_on() {
        set.append("onFailure", [Expr::str("notify-failure@%n.service")]);
    }
    [("RuntimeDirectory", Expr::str(folder)), ("RuntimeDirectoryPreserve", Expr::Bool(true))]
}

/// The program `copy`, run while the containers of `stop` are stopped. Copies of one service wait for each other.
pub(super) fn stopped_for(copy: Expr, backup: &Backup, service: &Service) -> Expr {
    if backup.stop.is_empty() {
        return copy;
    }
    let units: Vec<String> = backup.stop.iter().map(Stopped::unit).collect();
    let parameters = Set::of([
        ("UNITS", Expr::str(units.join(" "))),
        ("LOCK", Expr::str(format!("/run/homegen-stop-{}.lock", service.name))),
    ]);
    Expr::run(Script::WhileStopped, [copy, Expr::Set(parameters)])
}
