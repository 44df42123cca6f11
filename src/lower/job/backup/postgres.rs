//! A dump of a database of Postgres, and the command that loads it: `immich-restore DUMP`.

use super::{Confinement, Saved, units};
use crate::hir::backup::{Backup, PostgresDatabase};
use crate::nix::{Expr, Set};
use crate::nixos::{Binding, Module};
use crate::script::Script;

pub(super) fn lower(backup: &Backup, database: &PostgresDatabase, module: &mut Module) -> Saved {
    module.bindings.push((Binding::LoadDump, Expr::run(Script::LoadDump, [Expr::Set(parameters(database))])));
    let mut restored = parameters(database);
    restored.set("UNITS", units(&database.used_by));
    let command = [Binding::LoadDump.into(), Expr::str(backup.restore.clone()), Expr::Set(restored)];
    Saved {
        producer: Expr::run(
            Script::DumpPostgres,
            [Binding::LoadDump.into(), Expr::Set(parameters(database))],
        ),
        suffix: ".dump",
        what: "database",
        confinement: Confinement::Restricted,
        after: vec![format!("podman-{}.service", database.container)],
        restore: Some(Expr::run(Script::RestorePostgres, command)),
    }
}

fn parameters(database: &PostgresDatabase) -> Set {
    Set::of([
        ("CONTAINER", Expr::str(database.container.clone())),
        ("DATABASE", Expr::text(&database.database)),
        ("DATABASE_USER", Expr::text(&database.user)),
    ])
}
