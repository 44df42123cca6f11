//! An update goes back to the image of before by giving it its name again, and a container that pulls at each
//! start takes the new one all the same.

use crate::ast::container::PullPolicy;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::job::Work;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for job in host.jobs() {
        let Work::Update(update) = &job.work else { continue };
        for container in host.containers().filter(|c| update.containers.contains(&c.name)) {
            if matches!(container.compose.pull_policy, Some(PullPolicy::Always | PullPolicy::Newer)) {
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
}
