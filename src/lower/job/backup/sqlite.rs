//! A copy of an SQLite database, and the command that restores it: `notes-restore FILE`.
//!
//! ```yaml
//! backup: { database: { sqlite: /srv/notes/notes.db, to: /srv/backups/notes, at: daily } }
//! ```
//! ```nix
//! program = scripts.backup "notes-backup" (scripts.copySqlite { DATABASE_FILE = "/srv/notes/notes.db"; … }) { … };
//! restore = scripts.restoreSqlite "notes-restore" { … UNITS = "podman-notes.service"; };
//! environment.systemPackages = [ restore ];
//! ```

use super::{Confinement, Saved, shared};
use crate::hir::Service;
use crate::hir::backup::Backup;
use crate::lower::context::HostContext;
use crate::nix::{Expr, Set};
use crate::script::Script;
use crate::tree::Text;

pub(super) fn lower(backup: &Backup, file: &Text, service: &Service, context: &HostContext) -> Saved {
    let mut parameters = Set::of([("DATABASE_FILE", Expr::text(file))]);
    shared("DATABASE_SHARED", file, context, &mut parameters);
    Saved {
        producer: Expr::run(Script::CopySqlite, [Expr::Set(parameters)]),
        confinement: Confinement::Copying,
        after: Vec::new(),
        secrets: Vec::new(),
        restore: Some(restore(backup, file, service, context)),
    }
}

fn restore(backup: &Backup, file: &Text, service: &Service, context: &HostContext) -> Expr {
    // Any container that mounts the file may have it open, also one of another service. If none does, the file may
    // be reachable through a link that only the host knows, so all containers of the service are stopped.
    let mut used_by = context.seeing(&file.value());
    if used_by.is_empty() {
        used_by = service.containers.iter().collect();
    }
    let mut parameters =
        Set::of([("NAME", Expr::str(backup.stem.clone())), ("DATABASE_FILE", Expr::text(file))]);
    shared("DATABASE_SHARED", file, context, &mut parameters);
    // A unit of NixOS does not declare its files, so a restore stops all units of the service.
    let containers = used_by.iter().map(|container| container.unit());
    let units = containers.chain(service.native.names()).map(|unit| format!("{unit}.service"));
    parameters.set("UNITS", Expr::str(units.collect::<Vec<_>>().join(" ")));
    Expr::run(Script::RestoreSqlite, [Expr::str(backup.restore.clone()), Expr::Set(parameters)])
}
