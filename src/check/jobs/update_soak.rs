//! Tags have no date (docs.github.com, "List repository tags"), so the channel of all tags admits none by age.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::job::Work;
use crate::setting::Channel;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for job in host.jobs() {
        let Work::Update(update) = &job.work else { continue };
        let (Channel::Edge, Some(soak)) = (update.channel, &update.soak) else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::UpdateSoak,
                "`channel: edge` takes no `soak`",
                soak.text.span,
                "a tag has no date",
            )
            .and(job.span, "follows all tags")
            .help("remove `soak`, or write `channel: beta`, which follows releases and prereleases"),
        );
    }
}
