//! A copy of an SQLite database, and the command that restores it: `vaultwarden-restore FILE`.

use super::{Confinement, Saved, shared};
use crate::hir::Service;
use crate::hir::backup::Backup;
use crate::lower::around::Around;
use crate::lower::job::units;
use crate::nix::{Expr, Set};
use crate::script::Script;
use crate::tree::Text;

pub(super) fn lower(backup: &Backup, file: &Text, service: &Service, around: &Around) -> Saved {
    let mut parameters = Set::of([("DATABASE_FILE", Expr::text(file))]);
    shared("DATABASE_SHARED", file, around, &mut parameters);
    Saved {
        producer: Expr::run(Script::CopySqlite, [Expr::Set(parameters)]),
        suffix: ".sqlite",
        what: "database",
        confinement: Confinement::Copying,
        after: Vec::new(),
        restore: Some(restore(backup, file, service, around)),
    }
}

fn restore(backup: &Backup, file: &Text, service: &Service, around: &Around) -> Expr {
    // Whoever sees the file may have it open, whosesoever he is. Where nobody does, it may be seen through a link,
    // which only the host knows, so that the service is stopped as a whole.
    let mut used_by = around.seeing(&file.value());
    if used_by.is_empty() {
        used_by = service.containers.iter().collect();
    }
    let mut parameters =
        Set::of([("NAME", Expr::str(backup.stem.clone())), ("DATABASE_FILE", Expr::text(file))]);
    shared("DATABASE_SHARED", file, around, &mut parameters);
    parameters.set("UNITS", units(used_by.iter().map(|container| &container.name)));
    Expr::run(Script::RestoreSqlite, [Expr::str(backup.restore.clone()), Expr::Set(parameters)])
}
