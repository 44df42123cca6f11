//! A dump of a MariaDB or MySQL database, and the command that restores it: `wiki-restore DUMP`.
//!
//! ```yaml
//! backup: { database: { mysql: { container: db, database: wiki, user: root, password: db-root }, to: /srv/backups, at: daily } }
//! ```
//! ```nix
//! client = scripts.mysqlClient { CONTAINER = "wiki-db"; DATABASE_USER = "root"; PASSWORD_FILE = secrets.db-root.path; };
//! loadDump = scripts.loadMysql client { CONTAINER = "wiki-db"; … };
//! program = scripts.backup "wiki-backup" (scripts.dumpMysql client loadDump { DATABASE = "wiki"; … }) { … };
//! restore = scripts.restoreMysql client loadDump "wiki-restore" { DATABASE = "wiki"; … };
//! environment.systemPackages = [ restore ];
//! ```
//!
//! `client` alone knows the password. `program` tests each dump: `loadDump` loads its schema with a few rows into a
//! temporary database.

use super::{Confinement, Saved, container, parameters, started};
use crate::hir::backup::{Backup, Database};
use crate::lower::context::HostContext;
use crate::lower::job::units;
use crate::lower::secret;
use crate::nix::{Expr, Set};
use crate::nixos::{Binding, Module};
use crate::script::Script;

pub(super) fn lower(
    backup: &Backup,
    database: &Database,
    context: &HostContext,
    module: &mut Module,
) -> Saved {
    let password = database.server.password();
    let mut client = account(database);
    if let Some(password) = password {
        client.set("PASSWORD_FILE", secret::path(password, context.host));
    }
    module.bindings.push((Binding::Client, Expr::run(Script::MysqlClient, [Expr::Set(client)])));
    let load = [Binding::Client.into(), Expr::Set(account(database))];
    module.bindings.push((Binding::LoadDump, Expr::run(Script::LoadMysql, load)));
    let programs = || [Binding::Client.into(), Binding::LoadDump.into()].into_iter();
    let mut restored = parameters(database);
    restored.set("UNITS", units(database.used_by.iter()));
    let command = programs().chain([Expr::str(backup.restore.clone()), Expr::Set(restored)]);
    Saved {
        producer: Expr::run(Script::DumpMysql, programs().chain([Expr::Set(parameters(database))])),
        confinement: Confinement::Restricted,
        after: started(database),
        secrets: password.into_iter().cloned().collect(),
        restore: Some(Expr::run(Script::RestoreMysql, command)),
    }
}

/// The parameters of the scripts that use the server.
fn account(database: &Database) -> Set {
    Set::of([("CONTAINER", container(database)), ("DATABASE_USER", Expr::text(&database.user))])
}
