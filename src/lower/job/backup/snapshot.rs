//! A backup that is stored in a restic repository alone. Nothing of it stays on the host.
//!
//! ```yaml
//! backup: { files: { folder: /srv/notes, at: daily, offsite: { repository: "sftp:me@nas:/backups", password: restic } } }
//! ```
//! ```nix
//! restic = scripts.resticClient "restic-notes-backup-files" { REPOSITORY = "sftp:me@nas:/backups"; … };
//! program = scripts.snapshotFolder "notes-backup-files" restic (scripts.takeSnapshot restic { … }) { SOURCE = "/srv/notes"; … };
//! environment.systemPackages = [ restic ];
//! ```
//!
//! A database is first dumped into a private folder, so that the dump is verified before it is saved:
//!
//! ```nix
//! program = scripts.snapshotFile "notes-backup" restic (scripts.takeSnapshot restic { … }) (scripts.dumpPostgres loadDump { … }) { … };
//! restore = scripts.restoreSnapshot restic (scripts.restorePostgres loadDump "notes-restore" { … }) { … };
//! ```
//!
//! `restic` alone knows the secrets. It is also a command for the owner, with the name that NixOS gives to the command of
//! a remote copy.

use super::offsite::{self, PATIENCE};
use super::{Saved, Stored, folder, install};
use crate::hir::Service;
use crate::hir::backup::{Backup, Offsite, Repository};
use crate::hir::job::Job;
use crate::lower::context::HostContext;
use crate::lower::job::on_path;
use crate::lower::secret;
use crate::nix::{Expr, Set};
use crate::nixos::{Binding, Module};
use crate::script::Script;

pub(super) fn lower(
    job: &Job,
    backup: &Backup,
    offsite: &Offsite,
    saved: &Saved,
    service: &Service,
    context: &HostContext,
    module: &mut Module,
) -> Stored {
    // The folder below /var/cache, as `CacheDirectory=` takes it.
    let cache = offsite::state(job);
    let path = || Expr::str(format!("/var/cache/{cache}"));
    module.bindings.push((Binding::Restic, client(job, offsite, path(), context)));
    on_path(Binding::Restic.into(), module);
    let host = || Expr::code("config.networking.hostName");
    let named = || {
        Set::of([
            ("NAME", Expr::str(backup.stem.clone())),
            ("SUFFIX", Expr::str(backup.source.suffix())),
            ("HOST", host()),
        ])
    };
    let mut taken = Set::of([("HOST", host())]);
    taken.append(
        "EXCLUDE",
        backup.exclude.iter().filter_map(|p| p.value.for_restic()).flatten().map(Expr::str),
    );
    let take = Expr::run(Script::TakeSnapshot, [Binding::Restic.into(), Expr::Set(taken)]);
    let mut parameters = named();
    parameters.append("KEEP", offsite.keep.iter().map(|rule| Expr::text(&rule.text)));
    let name = Expr::str(job.name.to_string());
    let program = match backup.source.folder() {
        Some(source) => {
            parameters.set("SOURCE", Expr::text(source));
            super::shared("SOURCE_SHARED", source, context, &mut parameters);
            let take = folder::stopped_for(take, backup, service);
            Expr::run(Script::SnapshotFolder, [name, Binding::Restic.into(), take, Expr::Set(parameters)])
        }
        None => {
            let arguments =
                [name, Binding::Restic.into(), take, saved.producer.clone(), Expr::Set(parameters)];
            Expr::run(Script::SnapshotFile, arguments)
        }
    };
    if let Some(restore) = &saved.restore {
        let mut parameters = named();
        parameters.set("CACHE", path());
        let arguments = [Binding::Restic.into(), restore.clone(), Expr::Set(parameters)];
        install(Expr::run(Script::RestoreSnapshot, arguments), module);
    }
    Stored {
        program,
        secrets: offsite.secret_names().cloned().collect(),
        // The first run transfers everything.
        timeout: Expr::str("1d"),
        more: vec![
            ("CacheDirectory", Expr::str(cache.clone())),
            ("CacheDirectoryMode", Expr::str("0700")),
            ("StateDirectory", Expr::str(offsite::state(job))),
        ],
    }
}

/// The program `restic-UNIT`, which runs restic with the repository.
pub(super) fn client(job: &Job, offsite: &Offsite, cache: Expr, context: &HostContext) -> Expr {
    let mut parameters = Set::default();
    match &offsite.repository {
        Repository::Plain(repository) => parameters.set("REPOSITORY", Expr::text(repository)),
        Repository::Secret(secret) => parameters.set("REPOSITORY_FILE", secret::path(secret, context.host)),
    }
    parameters.set("PASSWORD_FILE", secret::path(&offsite.password, context.host));
    if let Some(environment) = &offsite.environment {
        parameters.set("ENVIRONMENT_FILE", secret::path(environment, context.host));
    }
    parameters.set("CACHE", cache);
    parameters.set("PATIENCE", Expr::str(PATIENCE));
    Expr::run(Script::ResticClient, [Expr::str(job.restic_command()), Expr::Set(parameters)])
}
