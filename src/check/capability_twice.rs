//! A capability is either added or dropped: NixOS holds one answer for each.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        // `NET_ADMIN` and `CAP_NET_ADMIN` are one capability (podman-run(1), --cap-add).
        let plain = |name: String| name.to_uppercase().trim_start_matches("CAP_").to_owned();
        // The first of several counts, which is why it comes last.
        let all_dropped = container.compose.cap_drop.iter().rev();
        let all_dropped: HashMap<String, _> = all_dropped.map(|name| (plain(name.value()), name)).collect();
        for added in &container.compose.cap_add {
            if let Some(dropped) = all_dropped.get(&plain(added.value())) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::Contradiction,
                        format!("`{}` is both added and dropped", added.value()),
                        added.0.span,
                        "added here",
                    )
                    .and(dropped.0.span, "dropped here")
                    .help("keep one of the two"),
                );
            }
        }
    }
}
