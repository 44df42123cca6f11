//! A capability is either added or dropped: NixOS has one value for each.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Capability;
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        // The first of several wins, so that it is inserted last.
        let all_dropped = container.settings.cap_drop.iter().rev();
        let all_dropped: HashMap<Capability, _> =
            all_dropped.map(|dropped| (dropped.value, dropped)).collect();
        for added in &container.settings.cap_add {
            if let Some(dropped) = all_dropped.get(&added.value) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::Contradiction,
                        format!("`{}` is both added and dropped", added.text.value()),
                        added.text.span,
                        "added here",
                    )
                    .and(dropped.text.span, "dropped here")
                    .help("remove one of the two"),
                );
            }
        }
    }
}
