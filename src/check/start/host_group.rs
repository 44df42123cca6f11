//! Podman looks a group's name up in the image. The groups of the host's devices do not exist there.

use crate::check::isolation::grants::{Grant, groups};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::podman::unnumbered_groups;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for Grant { granted: name, span } in host.containers().flat_map(groups) {
        if !unnumbered_groups().contains(&name.as_str()) {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::HostGroup,
                format!("Podman looks up the group `{name}` in the image, not on the host"),
                span,
                "usually a group of the host only",
            )
            .help(format!(
                "write the number that `getent group {name}` prints on the host, or accept this with `allow` if the image has the group"
            )),
        );
    }
}
