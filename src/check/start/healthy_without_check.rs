//! Containers that others wait for until they are healthy, without a check.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id};
use crate::setting::HealthTest;
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut waiting: HashMap<&Id<Container>, Vec<Span>> = HashMap::new();
    let named = host.containers().flat_map(|container| &container.depends_on);
    for dependency in named.filter(|dependency| dependency.healthy) {
        waiting.entry(&dependency.container).or_default().push(dependency.span);
    }
    for container in host.containers().filter(|container| !has_check(container)) {
        let Some([first, others @ ..]) = waiting.get(&container.name).map(Vec::as_slice) else {
            continue;
        };
        let diagnostic = Diagnostic::new(
            Code::HealthyWithoutCheck,
            format!("`{}` has no health check", container.name),
            *first,
            "waits until it is healthy",
        );
        let diagnostic = others.iter().fold(diagnostic, |all, span| all.and(*span, "and so does this"));
        diagnostics.push(
            diagnostic
                .and(container.span, "has no `healthcheck`")
                .help("give it a `healthcheck`, or depend on `started`"),
        );
    }
}

/// Whether a container has a check, or something that may be one and could not be read.
fn has_check(container: &Container) -> bool {
    let is_checked = container.settings.healthcheck.as_ref().is_some_and(|check| {
        let has_test = matches!(check.test, Some(HealthTest::Shell(_) | HealthTest::Exec(_)));
        (has_test || check.unread.may_hold(&["test"])) && !check.disable.value
    });
    is_checked || container.unread.may_hold(&["healthcheck"])
}
