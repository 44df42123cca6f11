//! A check at Healthchecks hears of one job: it cannot tell the runs of two apart, and while one of them runs,
//! nobody hears that the other one does not.

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
                format!("one check hears of `{job}` and of `{name}`"),
                ping.text.span,
                "cannot tell the two apart",
            )
            .and(*first, "hears of the other one")
            .help("make a check for each job, and a secret with its address"),
        );
    }
}
