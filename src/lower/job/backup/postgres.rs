//! A dump of a database of Postgres, and the command that loads it: `immich-restore DUMP`.

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
