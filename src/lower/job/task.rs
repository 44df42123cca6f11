//! Scripts that send requests to the service.
//!
//! ```yaml
//! cleanup: { immich_album: { name: Old, api_key: immich-api-key }, at: daily }
//! ```
//! ```nix
//! program = scripts.cleanAlbum "immich-cleanup" { ALBUM = "Old"; API_KEY_FILE = secrets.immich-api-key.path; … };
//! systemd.services.immich-cleanup.serviceConfig.ExecStart = "${program}/bin/immich-cleanup";
//! ```

use super::{Confinement, Unit, address, on_path, started};
use crate::application::Task;
use crate::hir::Service;
use crate::hir::job::Job;
use crate::lower::context::HostContext;
use crate::lower::secret;
use crate::nix::{Expr, Set};
use crate::nixos::{Binding, Module};

pub(super) fn lower(
    job: &Job,
    task: &Task,
    service: &Service,
    context: &HostContext,
    module: &mut Module,
) -> Unit {
    let mut parameters = Set::of([(task.address, address(service, context, &[]))]);
    for (variable, secret, _) in &task.secrets {
        parameters.set(*variable, secret::path(secret, context.host));
    }
    for (variable, text) in &task.variables {
        parameters.set(*variable, Expr::text(text));
    }
    on_path(Binding::Program.into(), module);
    Unit {
        about: format!("{} of {}", task.action, service.name),
        program: Expr::run(task.script, [Expr::str(job.name.to_string()), Expr::Set(parameters)]),
        name: job.name.to_string(),
        after: started(service).collect(),
        confinement: Confinement::Confined,
        paths: vec![],
        before: vec![],
        secrets: task.secrets.iter().map(|(_, secret, _)| secret.clone()).collect(),
        timeout: Expr::str("1h"),
        persistent: true,
        finally: None,
        more: vec![],
    }
}
