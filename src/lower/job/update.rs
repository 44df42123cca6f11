//! The scheduled check for new releases, and the command that updates.
//!
//! ```yaml
//! update: { repository: immich-app/immich, at: daily, restart: server, health: /api/server/ping }
//! ```
//! ```nix
//! program = scripts.checkRelease "immich-version-check" { REPOSITORY = "immich-app/immich"; … };
//! command = scripts.update "immich-update" { CONTAINERS = "immich-server"; … };
//! ```

use super::{Confinement, ONLINE, Unit, address, on_path, units};
use crate::hir::job::{Job, Update};
use crate::hir::{Id, Service};
use crate::image::Follows;
use crate::lower::context::{self, HostContext};
use crate::nix::{Expr, Part, Set, parts};
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
    let backup = update.backup.as_ref().and_then(|id| context.job(id));
    if let Some(backup) = backup {
        let assertion = Set::of([
            ("assertion", context::enable(&backup.option)),
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
    parameters.set("STATE", Expr::str(format!("/var/lib/{}", job.unit)));
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
    let mut unit = Unit {
        about: format!("check for new releases of {} and install the command {}", service.name, job.name),
        program: Expr::Null,
        name: job.unit.clone(),
        after: vec![],
        confinement: Confinement::Confined,
        paths: vec![],
        before: vec![],
        secrets: vec![],
        timeout: Expr::str("10min"),
        persistent: true,
        finally: None,
        more: vec![("StateDirectory", Expr::str(job.unit.clone()))],
    };
    if update.automatic.is_some() {
        parameters.set("INSTALL", run(job, ""));
        let versions = versions(update, context);
        if !versions.is_empty() {
            parameters.set("WITHIN", Expr::str(versions.join(" ")));
        }
        install(job, service, &mut unit);
    }
    recover(job, update, module);
    unit.program = Expr::run(Script::CheckRelease, [Expr::str(job.unit.clone()), Expr::Set(parameters)]);
    unit
}

/// A command line of the update command.
fn run(job: &Job, option: &str) -> Expr {
    Expr::Str(vec![
        Part::Code(Binding::Command.name().into()),
        Part::Text(format!("/bin/{}{option}", job.name).into()),
    ])
}

/// The versions in the tags of the containers' images, without duplicates. Only their releases are installed.
fn versions(update: &Update, context: &HostContext) -> Vec<String> {
    let mut versions = Vec::new();
    for container in update.containers.iter().filter_map(|id| context.host.container(id)) {
        if let Some(Follows::Version(version)) = container.settings.image.value.follows()
            && !versions.contains(&version)
        {
            versions.push(version);
        }
    }
    versions
}

/// Changes the unit that checks for releases so that it installs them.
fn install(job: &Job, service: &Service, unit: &mut Unit) {
    unit.about = format!("update {} automatically and install the command {}", service.name, job.name);
    unit.after = vec![ONLINE.to_owned()];
    unit.confinement = Confinement::Restricted;
    // A backup, the download and up to ten minutes until the service is healthy, or as long again after a rollback.
    unit.timeout = Expr::str("6h");
    unit.finally = Some(run(job, " --recover"));
    // A rollback, and `finally`.
    unit.more.push(("TimeoutStopSec", Expr::str("30min")));
}

/// Adds the unit that restores the tags before the containers start, after a power failure during an update.
fn recover(job: &Job, update: &Update, module: &mut Module) {
    module.unit(&job.unit).append("wants", [Expr::str(ONLINE)]);
    let unit = module.unit(&job.recovery_unit());
    unit.set("description", Expr::str(format!("Rollback of an interrupted {}", job.name)));
    unit.append("wantedBy", [Expr::str("multi-user.target")]);
    unit.append("before", update.containers.iter().map(|c| Expr::str(format!("{}.service", c.unit()))));
    unit.at(&["unitConfig"]).set("ConditionPathExists", Expr::str(format!("/var/lib/{}/update", job.unit)));
    let exec = Set::of([("Type", Expr::str("oneshot")), ("ExecStart", run(job, " --recover-tags"))]);
    unit.set(
        "serviceConfig",
        Expr::Infix(
            Box::new(Expr::Script(Confinement::Restricted.settings())),
            "//",
            Box::new(Expr::Set(exec)),
        ),
    );
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
    let mut files = super::backup::folder(job, backup);
    files.push(Part::Text(format!("/{}", backup.stem).into()));
    parameters.set("BACKUP", Expr::Str(files));
    parameters.set("RESTORE", Expr::str(backup.restore.clone()));
}
