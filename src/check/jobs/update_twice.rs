//! Two updates of one container would undo each other: each gives the container's image the name of its own release.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::job::Work;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut updated = HashMap::new();
    for job in host.jobs() {
        let Work::Update(update) = &job.work else { continue };
        for container in &update.containers {
            let Some(first) = updated.insert(container, job.span).filter(|first| *first != job.span) else {
                continue;
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::UpdateTwice,
                    format!("two updates restart `{container}`"),
                    job.span,
                    "updates the container too",
                )
                .and(first, "first updated here")
                .help("list the container in the `restart` of the update with its repository"),
            );
        }
    }
}
