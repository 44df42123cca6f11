//! An update rolls back by giving the previous image its name again. A container that pulls at each start runs the new
//! image regardless.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::Work;
use crate::hir::{Container, Host};
use crate::setting::PullPolicy;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let pulls = |c: &&Container| matches!(c.settings.pull_policy, PullPolicy::Always | PullPolicy::Newer);
    for job in host.jobs() {
        let Work::Update(update) = &job.work else { continue };
        for container in update.containers.iter().filter_map(|id| host.container(id)).filter(pulls) {
            diagnostics.push(
                Diagnostic::new(
                    Code::UpdatePull,
                    format!("an update of `{}` cannot roll back", container.name),
                    container.span,
                    "pulls its image at each start",
                )
                .and(job.span, "rolls back to the previous image if the new one is not healthy")
                .help("remove `pull_policy`"),
            );
        }
    }
}
