//! Podman confines each container by a filter of system calls and covers parts of /proc and /sys.

use super::grants::security_options;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::isolation::security_option;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        for grant in security_options(container) {
            let Some(confinement) = security_option(&grant.what) else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::Unconfined,
                    format!("`{}` runs without {confinement}", container.name),
                    grant.span,
                    "a mistake in the kernel, or in the program, reaches the host from here",
                )
                .help("remove this option: Podman's default suits nearly every image"),
            );
        }
    }
}
