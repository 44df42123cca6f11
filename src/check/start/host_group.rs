//! Podman looks a group's name up in the image. Groups of the host's devices are not there.

use crate::check::isolation::grants::{Grant, groups};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::podman::unnumbered_groups;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for Grant { what: name, span } in host.containers().flat_map(groups) {
        if !unnumbered_groups().contains(&name.as_str()) {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::HostGroup,
                format!("Podman looks up the group `{name}` in the image, not on the host"),
                span,
                "usually a group of the host alone",
            )
            .help(format!(
                "write the group's number on the host, which `getent group {name}` shows, or accept this where the image has it"
            )),
        );
    }
}
