//! A check at Healthchecks watches one job: it cannot distinguish the runs of two, and the pings of one job hide that
//! the other one does not run.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Job};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut pinged: HashMap<String, (Span, String)> = HashMap::new();
    for (ping, job) in host.jobs().flat_map(Job::pings) {
        let Some((first, name)) = pinged.get(&ping.text.value()) else {
            pinged.insert(ping.text.value(), (ping.text.span, job));
            continue;
        };
        diagnostics.push(
            Diagnostic::new(
                Code::PingTwice,
                format!("`{job}` and `{name}` ping the same check"),
                ping.text.span,
                "used again here",
            )
            .and(*first, "first used here")
            .help("create a check for each job, and a secret with its address"),
        );
    }
}
