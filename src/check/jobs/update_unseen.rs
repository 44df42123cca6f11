//! An automatic update that was rolled back needs a person: the service stays at its old version.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::job::Work;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    if host.notify.is_some() {
        return;
    }
    for job in host.jobs() {
        let Work::Update(update) = &job.work else { continue };
        let Some(automatic) = update.automatic else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::UpdateUnseen,
                "an automatic update has no destination for its notifications",
                automatic,
                "the result is only in the journal",
            )
            .help("add a top-level `notify`, such as `notify: { ntfy: { url: https://ntfy.sh/TOPIC } }`"),
        );
    }
}
