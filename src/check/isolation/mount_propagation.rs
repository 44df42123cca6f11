//! With shared propagation, a file system that is mounted inside a container appears on the host.

use super::grants::binds;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        for bind in binds(container) {
            let Some(mode) = bind.options.iter().find(|o| matches!(o.as_str(), "shared" | "rshared")) else {
                continue;
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::MountPropagation,
                    format!("`{}` can mount file systems on the host below {}", container.name, bind.source),
                    bind.span,
                    format!("`{mode}` propagates the container's mounts to the host"),
                )
                .help("write `rslave`: the container sees the host's mounts, and the host does not see the container's"),
            );
        }
    }
}
