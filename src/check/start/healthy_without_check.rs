//! A container that others wait for until it is healthy needs a health check.

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
            "this dependency waits until it is healthy",
        );
        let diagnostic = others.iter().fold(diagnostic, |all, span| all.and(*span, "waits for it too"));
        diagnostics.push(
            diagnostic
                .and(container.span, "expected a `healthcheck` here")
                .help(format!("add a `healthcheck` to `{}`, or depend on `started`", container.name)),
        );
    }
}

/// True if a container has a check, or a key that may be one and could not be parsed.
fn has_check(container: &Container) -> bool {
    let is_checked = container.settings.healthcheck.as_ref().is_some_and(|check| {
        let has_test = matches!(check.test, Some(HealthTest::Shell(_) | HealthTest::Exec(_)));
        (has_test || check.unreadable.may_hold(&["test"])) && !check.disable.value
    });
    is_checked || container.unreadable.may_hold(&["healthcheck"])
}
