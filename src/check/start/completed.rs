//! A container that others wait for until it has ended with success has to end, and runs no longer when they start.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics, Fix};
use crate::hir::{Container, Host, Id, Service};
use crate::setting::{HealthTest, Restart};
use crate::source::{SourceId, Span};
use crate::tree::{Kind, Node};

pub(super) fn check(host: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    let mut awaited: HashMap<&Id<Container>, Span> = HashMap::new();
    let mut healthy: HashMap<&Id<Container>, Span> = HashMap::new();
    for dependency in host.containers().flat_map(|container| &container.depends_on) {
        let spans = match (dependency.completed, dependency.healthy) {
            (true, _) => &mut awaited,
            (_, true) => &mut healthy,
            _ => continue,
        };
        spans.entry(&dependency.container).or_insert(dependency.span);
    }
    if awaited.is_empty() {
        return;
    }
    for service in &host.services {
        for container in &service.containers {
            if let Some(awaited) = awaited.get(&container.name) {
                let healthy = healthy.get(&container.name).copied();
                ends(container, service, *awaited, file, diagnostics);
                alone(container, *awaited, healthy, diagnostics);
            }
        }
    }
    for container in host.containers() {
        let Some(other) = &container.shares_network_of else { continue };
        if let Some(awaited) = awaited.get(other) {
            diagnostics.push(
                report(format!("`{}` shares the network of `{other}`, which ends", container.name), *awaited)
                    .and(container.span, "this container needs the network while it runs")
                    .help(format!("remove `network_mode` of `{}`, or depend on `started`", container.name)),
            );
        }
    }
}

/// Reports a container that systemd starts again when it has ended.
fn ends(container: &Container, service: &Service, awaited: Span, file: &Node, diagnostics: &mut Diagnostics) {
    if container.settings.restart == Restart::No || container.unreadable.may_hold(&["restart"]) {
        return;
    }
    let name = &container.name;
    let written = ["services", service.name.as_str(), "containers", &container.short, "restart"]
        .iter()
        .try_fold(file, |node, key| node.get(key));
    let help =
        format!("write `restart: \"no\"` for `{name}`: it runs once, before the containers that wait for it");
    let Some(written) = written else {
        diagnostics.push(
            report(format!("`{name}` is restarted whenever it ends"), awaited)
                .and(container.span, "its `restart` is `always` by default")
                .help(help),
        );
        return;
    };
    let is_literal = matches!(&written.kind, Kind::Scalar(text) if text.is_literal());
    let fix =
        (is_literal && written.span.source == SourceId::FILE).then(|| Fix::certain(written.span, "\"no\""));
    diagnostics.push(
        report(format!("`{name}` is restarted whenever it ends"), awaited)
            .and(written.span, "restarted here")
            .help(help)
            .fix(fix),
    );
}

/// Reports a health of a container that has ended.
fn alone(container: &Container, awaited: Span, healthy: Option<Span>, diagnostics: &mut Diagnostics) {
    let name = &container.name;
    if let Some(healthy) = healthy {
        diagnostics.push(
            report(format!("`{name}` cannot be completed and healthy"), awaited)
                .and(healthy, "this dependency waits until it is healthy")
                .help("write `completed` in both places"),
        );
        return;
    }
    let has_test = container.settings.healthcheck.as_ref().is_some_and(|check| {
        matches!(check.test, Some(HealthTest::Shell(_) | HealthTest::Exec(_))) && !check.disable.value
    });
    if has_test {
        diagnostics.push(
            report(format!("`{name}` has a health check, and ends"), awaited)
                .and(container.span, "its unit would wait until the check succeeds")
                .help(format!("remove the `healthcheck` of `{name}`")),
        );
    }
}

fn report(title: String, awaited: Span) -> Diagnostic {
    Diagnostic::new(Code::CannotComplete, title, awaited, "this dependency waits until it has ended")
}
