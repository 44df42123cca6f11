//! In Compose a container answers to its name in the file. On the host it has its service's before it.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Service};
use crate::tree::Node;
use crate::word::is_word;

/// How the names of variables end that hold the name of a host, or an address with one.
const ENDINGS: &[&str] =
    &["HOST", "HOSTNAME", "URL", "URI", "ADDR", "ADDRESS", "SERVER", "ENDPOINT", "DSN", "UPSTREAM"];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in &host.services {
        let by_short: HashMap<&str, &Container> =
            service.containers.iter().map(|c| (c.short.as_str(), c)).collect();
        for container in &service.containers {
            for (variable, value) in &container.compose.environment.0 {
                let name = variable.value().to_uppercase();
                let value_text = value.value();
                if !ENDINGS.iter().any(|e| name.ends_with(e)) && !is_address(&value_text) {
                    continue;
                }
                let Some(meant) = by_short.get(host_of(&value_text)).filter(|c| c.name != c.short) else {
                    continue;
                };
                if answers(service, &meant.short) {
                    continue;
                }
                diagnostics.push(
                    Diagnostic::new(
                        Code::ShortName,
                        format!("nobody answers to `{}`", meant.short),
                        value.span,
                        "a container's name inside of the service",
                    )
                    .and(meant.span, format!("is `{}` on its networks", meant.name))
                    .help(format!("write `{}`, or give it `aliases: [{}]`", meant.name, meant.short)),
                );
            }
        }
    }
}

/// Whether a container of the service has `name` as an alias.
fn answers(service: &Service, name: &str) -> bool {
    service.containers.iter().any(|c| {
        let there = c.networks.iter().flat_map(|n| &n.attachment).flat_map(|a| &a.aliases);
        c.compose.aliases.iter().chain(there).any(|a| a.value() == name)
    })
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
