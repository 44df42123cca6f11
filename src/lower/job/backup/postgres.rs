//! A dump of a Postgres database, and the command that restores it: `notes-restore DUMP`.
//!
//! ```yaml
//! backup: { database: { postgres: { container: db, database: notes, user: notes }, to: /srv/backups, at: daily } }
//! ```
//! ```nix
//! program = scripts.backup "notes-backup" (scripts.dumpPostgres loadDump { CONTAINER = "notes-db"; … }) { … };
//! loadDump = scripts.loadDump { CONTAINER = "notes-db"; DATABASE = "notes"; DATABASE_USER = "notes"; };
//! restore = scripts.restorePostgres loadDump "notes-restore" { CONTAINER = "notes-db"; … };
//! environment.systemPackages = [ restore ];
//! ```
//!
//! `program` tests each dump: `loadDump` restores its schema with a few rows into a temporary database. A database of the
//! host has `SOCKETS` in place of `CONTAINER`, and a restore also sets its password and extensions:
//!
//! ```yaml
//! backup: { database: { postgres: { database: notes }, to: /srv/backups, at: daily } }
//! ```
//! ```nix
//! loadDump = scripts.loadDump { SOCKETS = "/run/postgresql"; DATABASE = "notes"; DATABASE_USER = "postgres"; };
//! ```

use super::{Confinement, Saved, parameters, started};
use crate::hir::backup::{Backup, Database, HostDatabase};
use crate::hir::{Container, Id};
use crate::lower::job::units;
use crate::lower::postgres;
use crate::nix::{Expr, Set};
use crate::nixos::{Binding, Module};
use crate::script::Script;
use crate::setting::Postgres;

pub(super) fn lower(backup: &Backup, database: &Database, module: &mut Module) -> Saved {
    let parameters = || parameters(database);
    saved(backup, parameters, parameters(), &database.used_by, started(database), module)
}

/// Lowers a backup of a database of the host.
pub(super) fn lower_host(backup: &Backup, database: &HostDatabase, module: &mut Module) -> Saved {
    let parameters = || {
        Set::of([
            ("SOCKETS", Expr::str(postgres::SOCKETS)),
            ("DATABASE", Expr::text(&database.database)),
            ("DATABASE_USER", Expr::str(postgres::SUPERUSER)),
        ])
    };
    let mut restored = parameters();
    restored.set("SET_UP", Expr::str(format!("{}.service", Postgres::SET_UP)));
    let after = vec![postgres::STARTED.to_owned()];
    saved(backup, parameters, restored, &database.used_by, after, module)
}

/// The scripts of a backup with these parameters. `restored` are those of the restore.
fn saved(
    backup: &Backup,
    parameters: impl Fn() -> Set,
    mut restored: Set,
    used_by: &[Id<Container>],
    after: Vec<String>,
    module: &mut Module,
) -> Saved {
    module.bindings.push((Binding::LoadDump, Expr::run(Script::LoadDump, [Expr::Set(parameters())])));
    restored.set("UNITS", units(used_by.iter()));
    let command = [Binding::LoadDump.into(), Expr::str(backup.restore.clone()), Expr::Set(restored)];
    Saved {
        producer: Expr::run(Script::DumpPostgres, [Binding::LoadDump.into(), Expr::Set(parameters())]),
        confinement: Confinement::Restricted,
        after,
        secrets: Vec::new(),
        restore: Some(Expr::run(Script::RestorePostgres, command)),
    }
}
