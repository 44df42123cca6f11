//! An update goes back to the image of before by giving it its name again, and a container that pulls at each
//! start takes the new one all the same.

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
                    format!("an update could not go back to the `{}` of before", container.name),
                    container.span,
                    "pulls its image at each start",
                )
                .and(job.span, "brings the image of before back when the new one does not get well")
                .help("take `pull_policy` out"),
            );
        }
    }
}
