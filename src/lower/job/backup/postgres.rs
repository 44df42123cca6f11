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
//! `program` tests each dump: `loadDump` restores its schema with a few rows into a temporary database.

use super::{Confinement, Saved};
use crate::hir::Id;
use crate::hir::backup::{Backup, PostgresDatabase};
use crate::lower::job::units;
use crate::nix::{Expr, Set};
use crate::nixos::{Binding, Module};
use crate::script::Script;

pub(super) fn lower(backup: &Backup, database: &PostgresDatabase, module: &mut Module) -> Saved {
    module.bindings.push((Binding::LoadDump, Expr::run(Script::LoadDump, [Expr::Set(parameters(database))])));
    let mut restored = parameters(database);
    restored.set("UNITS", units(database.used_by.iter()));
    let command = [Binding::LoadDump.into(), Expr::str(backup.restore.clone()), Expr::Set(restored)];
    Saved {
        producer: Expr::run(
            Script::DumpPostgres,
            [Binding::LoadDump.into(), Expr::Set(parameters(database))],
        ),
        suffix: ".dump",
        content: "database",
        confinement: Confinement::Restricted,
        after: database.container.iter().map(|container| format!("{}.service", container.unit())).collect(),
        restore: Some(Expr::run(Script::RestorePostgres, command)),
    }
}

fn parameters(database: &PostgresDatabase) -> Set {
    let container = database.container.as_ref().map(Id::to_string);
    Set::of([
        ("CONTAINER", Expr::str(container.unwrap_or_default())),
        ("DATABASE", Expr::text(&database.database)),
        ("DATABASE_USER", Expr::text(&database.user)),
    ])
}
