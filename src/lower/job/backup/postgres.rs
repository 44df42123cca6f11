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

use super::{Confinement, Saved, parameters, started};
use crate::hir::backup::{Backup, Database};
use crate::lower::job::units;
use crate::nix::Expr;
use crate::nixos::{Binding, Module};
use crate::script::Script;

pub(super) fn lower(backup: &Backup, database: &Database, module: &mut Module) -> Saved {
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
        after: started(database),
        secrets: Vec::new(),
        restore: Some(Expr::run(Script::RestorePostgres, command)),
    }
}
