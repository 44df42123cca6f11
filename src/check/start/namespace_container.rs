//! The namespace of another container is named by that container's name on the host: `podman run` gets it as it is
//! written.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let names: HashSet<&str> = host.containers().map(|container| container.name.as_str()).collect();
    for service in &host.services {
        for container in &service.containers {
            let settings = &container.settings;
            let modes: [Option<&Text>; 3] = [
                settings.pid.as_ref().map(|mode| &mode.text),
                settings.ipc.as_ref().map(|mode| &mode.text),
                settings.userns_mode.as_ref().map(|mode| &mode.text),
            ];
            for mode in modes.into_iter().flatten() {
                let value = mode.value();
                let Some(name) = value.strip_prefix("container:") else { continue };
                if names.contains(name) || diagnostics.is_full() {
                    continue;
                }
                let sibling = service.containers.iter().find(|other| other.short == name);
                let help = match sibling {
                    Some(other) => format!("write `container:{}`", other.name),
                    None => diagnostics.suggestion(name, names.iter().copied()),
                };
                diagnostics.push(
                    Diagnostic::new(
                        Code::UnknownDependency,
                        format!("the container `{name}` does not exist on the host"),
                        mode.span,
                        "Podman would not start this container",
                    )
                    .help(help),
                );
            }
        }
    }
}
