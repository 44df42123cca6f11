//! A look for new releases at its time, and an update on command.

use super::{Confinement, Unit, address, on_path};
use crate::hir::Service;
use crate::hir::job::{Job, Update};
use crate::lower::around::Around;
use crate::nix::{Expr, Set, attribute, parts};
use crate::nixos::Module;

/// The binding of the command that updates.
const COMMAND: &str = "command";

pub(super) fn lower(
    job: &Job,
    update: &Update,
    service: &Service,
    around: &Around,
    module: &mut Module,
) -> Unit {
    let units = update.containers.iter().map(|name| format!("podman-{name}.service"));
    let mut parameters = Set::default();
    parameters.set("SERVICE", Expr::str(service.name.clone()));
    parameters.set("CONTAINERS", Expr::str(update.containers.join(" ")));
    parameters.set("UNITS", Expr::str(units.collect::<Vec<_>>().join(" ")));
    let (backup, database) = update.backup.clone().unzip();
    if let Some(backup) = &backup {
        let option = Service::option_name(backup);
        let assertion = Set::of([
            ("assertion", Expr::code(format!("homeserver.{}.enable", attribute(&option)))),
            (
                "message",
                Expr::str(format!(
                    "{} runs {backup} first: turn homeserver.{option} on as well, or say `backup_first: false`.",
                    job.name
                )),
            ),
        ]);
        module.config.append("assertions", [Expr::Set(assertion)]);
    }
    parameters.set("DATABASE_CONTAINER", Expr::str(database.flatten().unwrap_or_default()));
    parameters
        .set("BACKUP_UNIT", Expr::str(backup.map_or_else(String::new, |unit| format!("{unit}.service"))));
    parameters.set("HEALTH_URL", address(service, around, &parts(&update.health)));
    let command = Expr::call("scripts.update", [Expr::str(job.name.clone()), Expr::Set(parameters)]);
    module.bindings.push((COMMAND, command));
    on_path(Expr::code(COMMAND), module);
    let mut parameters = Set::default();
    parameters.set("SERVICE", Expr::str(service.name.clone()));
    parameters.set("REPOSITORY", Expr::text(&update.repository));
    parameters.set("COMMAND", Expr::str(job.name.clone()));
    Unit {
        description: format!("Look for a new release of {}", service.name),
        about: format!("look for new releases of {}, and have the command {}", service.name, job.name),
        program: Expr::call("scripts.checkRelease", [Expr::str(job.unit.clone()), Expr::Set(parameters)]),
        name: job.unit.clone(),
        after: vec![],
        confinement: Confinement::Confined,
        paths: vec![],
        before: vec![],
        secrets: vec![],
        timeout: "10min",
        persistent: true,
        more: vec![("StateDirectory", Expr::str(job.unit.clone()))],
    }
}
