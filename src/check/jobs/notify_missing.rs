//! `notify: failure` and a smoke test need a destination.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::Work;
use crate::hir::{Host, Job, Notification};
use crate::setting::NotifyOn;
use crate::source::Span;
use crate::tree::Node;

const REQUESTED: &str = "requests a notification";

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    if host.notify.is_some() {
        return;
    }
    let front = host.front.iter().filter_map(|front| requested(front.notification));
    let haproxy = host.haproxy.iter().filter_map(|haproxy| requested(haproxy.notification));
    let tunnel = host.cloudflared.iter().filter_map(|cloudflared| requested(cloudflared.notification));
    let services = host.services.iter().flat_map(|service| {
        let own = service.notify.filter(|notify| notify.value == NotifyOn::Failure).map(|notify| notify.span);
        let containers = service.containers.iter().filter_map(|container| requested(container.notification));
        own.into_iter()
            .chain(containers)
            .chain(service.jobs.iter().filter_map(|job| requested(job.notification)))
    });
    let of_host = host.jobs.iter().filter_map(|job| requested(job.notification));
    let asks =
        front.chain(haproxy).chain(tunnel).chain(services).chain(of_host).map(|span| (span, REQUESTED));
    // A smoke test reports problems regardless of its own `notify`.
    let is_silent = |job: &&Job| matches!(job.work, Work::SmokeTest(_)) && job.ping.is_none();
    let finds = host.jobs.iter().filter(is_silent);
    let finds = finds.map(|job| (job.span, "a smoke test sends a notification about each problem"));
    // The containers of a service may inherit its `notify`.
    let mut seen = HashSet::new();
    let requests = asks.chain(finds).filter(|(span, _)| *span != Span::PLACEHOLDER && seen.insert(*span));
    let diagnostic = requests.fold(None, |all: Option<Diagnostic>, (span, label)| match all {
        None => {
            let title = match label {
                REQUESTED => "`notify: failure` has no destination",
                _ => "the smoke test has no destination for notifications",
            };
            Some(Diagnostic::new(Code::NotifyMissing, title, span, label))
        }
        Some(diagnostic) => Some(diagnostic.and(span, label)),
    });
    if let Some(diagnostic) = diagnostic {
        diagnostics.push(
            diagnostic.help("add `notify: { ntfy: { url: https://ntfy.sh/TOPIC } }` at the top of the file"),
        );
    }
}

/// The position of a request for notifications.
fn requested(notification: Notification) -> Option<Span> {
    match notification {
        Notification::Asked(span) => Some(span),
        Notification::No | Notification::Yes => None,
    }
}
