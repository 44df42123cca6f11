//! A container with `network_mode` is on no network of Podman's and has no names there.

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
                    "no network resolves this name",
                )
                .help("remove `aliases`"),
            );
        }
    }
}
