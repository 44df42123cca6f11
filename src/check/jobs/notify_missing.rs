//! A notification needs a destination.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::Work;
use crate::hir::{Host, Job, Tells};
use crate::setting::Tell;
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    if host.notify.is_some() {
        return;
    }
    let front = host.front.iter().filter_map(|front| asked(front.tells));
    let services = host.services.iter().flat_map(|service| {
        let own = service.notify.filter(|said| said.value == Tell::Failure).map(|said| said.span);
        let containers = service.containers.iter().filter_map(|container| asked(container.tells));
        own.into_iter().chain(containers).chain(service.jobs.iter().filter_map(|job| asked(job.tells)))
    });
    let of_host = host.jobs.iter().filter_map(|job| asked(job.tells));
    let asks = front.chain(services).chain(of_host).map(|span| (span, "would notify nobody"));
    // Whatever its own `notify` says.
    let is_silent = |job: &&Job| matches!(job.work, Work::SmokeTest(_)) && job.ping.is_none();
    let finds = host.jobs.iter().filter(is_silent);
    let finds = finds.map(|job| (job.span, "the smoke test reports by a notification"));
    // The containers of a service may have its word.
    let mut seen = HashSet::new();
    let places = asks.chain(finds).filter(|(span, _)| *span != Span::NOWHERE && seen.insert(*span));
    let diagnostic = places.fold(None, |all: Option<Diagnostic>, (span, said)| match all {
        None => {
            Some(Diagnostic::new(Code::NotifyMissing, "`notify: failure` has no destination", span, said))
        }
        Some(diagnostic) => Some(diagnostic.and(span, said)),
    });
    if let Some(diagnostic) = diagnostic {
        diagnostics
            .push(diagnostic.help("add `notify: { ntfy: { url: … } }`, or Pushover, at the top of the file"));
    }
}

/// Where the file asks for a notification.
fn asked(tells: Tells) -> Option<Span> {
    match tells {
        Tells::Asked(span) => Some(span),
        Tells::No | Tells::Yes => None,
    }
}
