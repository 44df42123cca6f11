//! A check of the repository of a backup.
//!
//! ```yaml
//! offsite: { repository: "sftp:me@nas:/backups", password: restic, check: weekly, check_percent: 5 }
//! ```
//! ```nix
//! restic = scripts.resticClient "restic-notes-offsite-check" { REPOSITORY = "sftp:me@nas:/backups"; … };
//! program = scripts.checkRepository "notes-offsite-check" restic { PERCENT = "5"; };
//! ```

use super::offsite::{self, PATIENCE};
use super::snapshot::client;
use super::{Confinement, Unit, require_mount};
use crate::hir::backup::RepositoryCheck;
use crate::hir::job::Job;
use crate::lower::context::HostContext;
use crate::nix::{Expr, Set};
use crate::nixos::{Binding, Module};
use crate::script::Script;

pub(in crate::lower::job) fn lower(
    job: &Job,
    check: &RepositoryCheck,
    context: &HostContext,
    module: &mut Module,
) -> Option<Unit> {
    let saving = context.job(&check.backup)?;
    let backup = saving.backup()?;
    let offsite = backup.offsite.as_ref()?;
    let cache = offsite::state(job);
    let path = Expr::str(format!("/var/cache/{cache}"));
    module.bindings.push((Binding::Restic, client(job, offsite, path, context)));
    let mut parameters = Set::default();
    if let Some(percent) = &check.percent {
        parameters.set("PERCENT", Expr::text(percent));
    }
    let program = [Expr::str(job.name.to_string()), Binding::Restic.into(), Expr::Set(parameters)];
    let unit = match backup.direct() {
        Some(_) => saving.unit.clone(),
        None => saving.copy_unit(),
    };
    Some(Unit {
        about: format!("check the restic repository of {}", saving.name),
        program: Expr::run(Script::CheckRepository, program),
        name: job.name.to_string(),
        // A check that is due during a backup waits for it. A backup waits for the lock of the repository.
        after: vec![format!("{unit}.service")],
        paths: offsite.mounts.clone(),
        // `sftp:` needs the SSH key of root, and a repository in a folder is locked there.
        confinement: Confinement::Copying,
        before: offsite.mounts.iter().map(require_mount).collect(),
        secrets: offsite.secret_names().cloned().collect(),
        timeout: Expr::str(PATIENCE),
        persistent: true,
        finally: None,
        more: vec![("CacheDirectory", Expr::str(cache)), ("CacheDirectoryMode", Expr::str("0700"))],
    })
}
