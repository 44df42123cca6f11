//! A container without a network of Podman's has no names on one.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.services.iter().flat_map(|s| &s.containers) {
        if let (Some(_), Some(alias)) = (&container.network_mode, container.settings.aliases.first()) {
            diagnostics.push(
                Diagnostic::new(
                    Code::NetworkWithHost,
                    "a container with `network_mode` has no names on a network",
                    alias.text.span,
                    "nobody could look it up",
                )
                .help("take `aliases` out"),
            );
        }
    }
}
