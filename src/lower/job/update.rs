//! The scheduled check for new releases, and the command that updates.
//!
//! ```yaml
//! update: { repository: immich-app/immich, at: daily, restart: server, health: /api/server/ping }
//! ```
//! ```nix
//! program = scripts.checkRelease "immich-version-check" { REPOSITORY = "immich-app/immich"; … };
//! command = scripts.update "immich-update" { CONTAINERS = "immich-server"; … };
//! ```

use super::{Confinement, Unit, address, on_path, units};
use crate::hir::job::{Job, Update};
use crate::hir::{Id, Service};
use crate::lower::context::HostContext;
use crate::nix::{Expr, Part, Set, attribute, parts};
use crate::nixos::{Binding, Module};
use crate::script::Script;

pub(super) fn lower(
    job: &Job,
    update: &Update,
    service: &Service,
    context: &HostContext,
    module: &mut Module,
) -> Unit {
    let containers: Vec<&str> = update.containers.iter().map(Id::as_str).collect();
    let mut parameters = Set::default();
    parameters.set("SERVICE", Expr::str(service.name.to_string()));
    parameters.set("CONTAINERS", Expr::str(containers.join(" ")));
    parameters.set("UNITS", units(update.containers.iter()));
    let backup = service.jobs.iter().find(|job| update.backup.as_ref() == Some(&job.name));
    if let Some(backup) = backup {
        let assertion = Set::of([
            ("assertion", Expr::code(format!("homeserver.{}.enable", attribute(&backup.option)))),
            (
                "message",
                Expr::str(format!(
                    "{} runs {} first: enable homeserver.{} too, or set `backup_first: false`.",
                    job.name, backup.unit, backup.option
                )),
            ),
        ]);
        module.config.append("assertions", [Expr::Set(assertion)]);
    }
    first(backup, &mut parameters);
    parameters.set("HEALTH_URL", address(service, context, &parts(&update.health)));
    let command = Expr::run(Script::Update, [Expr::str(job.name.to_string()), Expr::Set(parameters)]);
    module.bindings.push((Binding::Command, command));
    on_path(Binding::Command.into(), module);
    let mut parameters = Set::default();
    parameters.set("SERVICE", Expr::str(service.name.to_string()));
    parameters.set("REPOSITORY", Expr::text(&update.repository));
    parameters.set("CHANNEL", Expr::str(update.channel.word()));
    if let Some(soak) = &update.soak {
        parameters.set("SOAK", Expr::text(&soak.text));
    }
    parameters.set("COMMAND", Expr::str(job.name.to_string()));
    Unit {
        description: format!("Check for a new release of {}", service.name),
        about: format!("check for new releases of {} and install the command {}", service.name, job.name),
        program: Expr::run(Script::CheckRelease, [Expr::str(job.unit.clone()), Expr::Set(parameters)]),
        name: job.unit.clone(),
        after: vec![],
        confinement: Confinement::Confined,
        paths: vec![],
        before: vec![],
        secrets: vec![],
        timeout: Expr::str("10min"),
        persistent: true,
        more: vec![("StateDirectory", Expr::str(job.unit.clone()))],
    }
}

/// Sets the command's parameters for the backup that runs first.
fn first(backup: Option<&Job>, parameters: &mut Set) {
    let saved = backup.and_then(|job| Some((job, job.backup()?)));
    let database = saved.and_then(|(_, backup)| backup.source.database()?.container.as_ref());
    parameters.set("DATABASE_CONTAINER", Expr::str(database.map(Id::to_string).unwrap_or_default()));
    let Some((job, backup)) = saved else {
        parameters.set("BACKUP_UNIT", Expr::str(""));
        return;
    };
    parameters.set("BACKUP_UNIT", Expr::str(format!("{}.service", job.unit)));
    if backup.source.folder().is_some() {
        return;
    }
    let mut files = parts(&backup.to);
    files.push(Part::Text(format!("/{}", backup.stem).into()));
    parameters.set("BACKUP", Expr::Str(files));
    parameters.set("RESTORE", Expr::str(backup.restore.clone()));
}
