//! Whoever waits for a container mostly talks to it, and can only do so on a network that both are on.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let by_name: HashMap<&str, &Container> = host.containers().map(|c| (c.name.as_str(), c)).collect();
    for service in &host.services {
        for container in &service.containers {
            for (name, _) in &container.compose.depends_on.0 {
                let value = name.value();
                let beside = service.containers.iter().find(|c| c.short == value);
                let Some(other) = beside.or_else(|| by_name.get(value.as_str()).copied()) else { continue };
                let modes = [container, other].iter().any(|c| c.compose.network_mode.is_some());
                let shared =
                    container.networks.iter().any(|a| other.networks.iter().any(|b| a.network == b.network));
                // A network that does not exist was said to, and may be the one that both would share.
                let unknown = [container, other].iter().any(|c| c.networks.is_empty());
                if modes || shared || unknown {
                    continue;
                }
                diagnostics.push(
                    Diagnostic::new(
                        Code::NoSharedNetwork,
                        format!("`{}` and `{}` share no network", container.name, other.name),
                        name.span,
                        "waits for it, and cannot talk to it",
                    )
                    .and(other.span, format!("is on {}", networks(other)))
                    .help(format!(
                        "put both on one of the top-level `networks`; `{}` is on {}",
                        container.name,
                        networks(container)
                    )),
                );
            }
        }
    }
}

fn networks(container: &Container) -> String {
    container.networks.iter().map(|n| format!("`{}`", n.network)).collect::<Vec<_>>().join(" and ")
}
