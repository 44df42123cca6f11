//! `auto_start: false` has no effect on a container that another one requires and starts at boot.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let running = || host.services.iter().filter(|s| s.enable).flat_map(|s| &s.containers);
    let by_id: HashMap<&Id<Container>, &Container> = running().map(|c| (&c.name, c)).collect();
    for container in running() {
        let flag = &container.settings.auto_start;
        if flag.value {
            continue;
        }
        // Containers that start at boot themselves.
        let mut dependents =
            container.dependents.iter().chain(&container.one_time_dependents).filter_map(|id| by_id.get(id));
        let Some(first) = dependents.next() else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::AutoStart,
                format!("`{}` starts at boot, because `{}` depends on it", container.name, first.name),
                flag.text.span,
                "has no effect",
            )
            .and(first.span, "starts at boot")
            .help(format!("write `auto_start: false` in `{}` too, or remove it here", first.name)),
        );
    }
}
