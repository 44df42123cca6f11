//! Podman confines each container with a system call filter, and masks parts of /proc and /sys.

use super::grants::security_options;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::isolation::security_option;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        for grant in security_options(container) {
            let Some(confinement) = security_option(&grant.granted) else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::Unconfined,
                    format!("`{}` runs without {confinement}", container.name),
                    grant.span,
                    "weakens the isolation from the host's kernel",
                )
                .help("remove this option: nearly every image runs with Podman's default"),
            );
        }
    }
}
