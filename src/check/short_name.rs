//! A container answers to its key on its service's own network only. On other networks it has its full name.

use std::collections::{HashMap, HashSet};

use super::named_hosts::{Named, named_hosts};
use crate::ast::NetworkMode;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Service};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let by_name: HashMap<&str, &Container> = host.containers().map(|c| (c.name.as_str(), c)).collect();
    for service in &host.services {
        let by_short: HashMap<&str, &Container> =
            service.containers.iter().map(|c| (c.short.as_str(), c)).collect();
        let names = names(service);
        for container in &service.containers {
            // A container with the network of another one asks that one's DNS.
            let other = container.shares_network_of.as_deref().and_then(|other| by_name.get(other));
            let networks = &other.map_or(container, |other| other).networks;
            for Named { host, span, .. } in named_hosts(container) {
                let Some(meant) = by_short.get(host.as_str()).filter(|c| c.name != c.short) else { continue };
                let resolves = names.get(&meant.short);
                if resolves.is_some_and(|on| networks.iter().any(|n| on.contains(n.network.as_str()))) {
                    continue;
                }
                diagnostics.push(
                    Diagnostic::new(
                        Code::ShortName,
                        format!("`{}` does not resolve in `{}`", meant.short, container.name),
                        span,
                        "a container's key, a name on its service's own network only",
                    )
                    .and(meant.span, format!("its full name is `{}`", meant.name))
                    .help(help(container, meant)),
                );
            }
        }
    }
}

/// The networks on which each name of a service's containers resolves, without their full names.
fn names(service: &Service) -> HashMap<String, HashSet<&str>> {
    let mut all: HashMap<String, HashSet<&str>> = HashMap::new();
    for attached in service.containers.iter().flat_map(|c| c.networks.iter().map(move |n| (c, n))) {
        let (container, attached) = attached;
        for alias in container.aliases(attached) {
            all.entry(alias.value().to_lowercase()).or_default().insert(&attached.network);
        }
    }
    all
}

fn help(container: &Container, meant: &Container) -> String {
    match (&container.compose.network_mode, &meant.shares_network_of) {
        (Some(NetworkMode::Host(_)), _) => format!(
            "publish the port of `{}` and write 127.0.0.1: the host does not resolve names of containers",
            meant.name
        ),
        (Some(NetworkMode::None), _) => "remove `network_mode: none`: it leaves no network".to_owned(),
        (_, Some(other)) => format!("write `{other}`, whose network it shares"),
        _ if meant.compose.network_mode.is_some() => {
            format!("put `{}` on a network in place of its `network_mode`", meant.name)
        }
        _ => format!("write `{}`, or add `aliases: [{}]` to it", meant.name, meant.short),
    }
}
