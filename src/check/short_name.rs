//! A container answers to its key on its service's own network only. On other networks it has its full name.

use std::collections::{HashMap, HashSet};

use crate::ast::NetworkMode;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Service};
use crate::tree::Node;
use crate::word::is_word;

/// How the names of variables end that hold the name of a host, or an address with one.
const ENDINGS: &[&str] =
    &["HOST", "HOSTNAME", "URL", "URI", "ADDR", "ADDRESS", "SERVER", "ENDPOINT", "DSN", "UPSTREAM"];

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
            for (variable, value) in &container.compose.environment.0 {
                let name = variable.value().to_uppercase();
                let value_text = value.value();
                if !ENDINGS.iter().any(|e| name.ends_with(e)) && !is_address(&value_text) {
                    continue;
                }
                let Some(meant) = by_short.get(host_of(&value_text)).filter(|c| c.name != c.short) else {
                    continue;
                };
                let resolves = names.get(&meant.short);
                if resolves.is_some_and(|on| networks.iter().any(|n| on.contains(n.network.as_str()))) {
                    continue;
                }
                diagnostics.push(
                    Diagnostic::new(
                        Code::ShortName,
                        format!("`{}` does not resolve in `{}`", meant.short, container.name),
                        value.span,
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

/// Whether a value is an address whatever the variable is called: `redis://redis:6379`.
fn is_address(value: &str) -> bool {
    value.split_once("://").is_some_and(|(scheme, _)| is_word(scheme, b"+.-:"))
}

/// The host of `host`, `host:port`, and of a URL with a user or without.
fn host_of(value: &str) -> &str {
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn the_host_of_an_address() {
        for (value, host) in [
            ("database", "database"),
            ("redis:6379", "redis"),
            ("http://ml:3003/predict", "ml"),
            ("postgres://user:word@db:5432/name?sslmode=off", "db"),
        ] {
            assert_eq!(host_of(value), host, "{value}");
        }
    }
}
