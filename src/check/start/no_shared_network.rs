//! A container usually connects to the containers that it waits for, which needs a network that both are on.

use std::collections::{HashMap, HashSet};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id, Network};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let on = |container: &Container, id: &Id<Network>| container.networks.iter().any(|n| n.network == *id);
    // The networks of each container with several.
    let several = host.containers().filter(|container| container.networks.len() > SHOWN);
    let several: HashMap<&Id<Container>, HashSet<&Id<Network>>> =
        several.map(|c| (&c.name, c.networks.iter().map(|n| &n.network).collect())).collect();
    for service in &host.services {
        for container in &service.containers {
            for dependency in &container.depends_on {
                let Some(other) = host.container(&dependency.container) else { continue };
                let modes = [container, other].iter().any(|c| c.network_mode.is_some());
                let (fewer, more) = match container.networks.len() < other.networks.len() {
                    true => (container, other),
                    false => (other, container),
                };
                let shared = fewer.networks.iter().any(|attached| match several.get(&more.name) {
                    Some(networks) => networks.contains(&attached.network),
                    None => on(more, &attached.network),
                });
                // An undeclared network is already reported, and may be the one that both would share.
                let unknown = [container, other].iter().any(|c| c.networks.is_empty());
                if modes || shared || unknown {
                    continue;
                }
                diagnostics.push(
                    Diagnostic::new(
                        Code::NoSharedNetwork,
                        format!("`{}` and `{}` share no network", container.name, other.name),
                        dependency.span,
                        "waits for a container that it cannot connect to",
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

/// The maximum number of networks that a message names.
const SHOWN: usize = 8;

fn networks(container: &Container) -> String {
    let named = container.networks.iter().take(SHOWN).map(|n| format!("`{}`", n.network));
    let rest = container.networks.len().checked_sub(SHOWN).filter(|rest| *rest > 0);
    named.chain(rest.map(|rest| format!("{rest} more"))).collect::<Vec<_>>().join(" and ")
}
