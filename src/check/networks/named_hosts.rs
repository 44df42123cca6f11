//! The hosts that a container's environment names. Several rules use them.

use crate::hir::Container;
use crate::source::Span;
use crate::word::is_word;

/// The endings of the names of variables that hold the name of a host, or an address with one.
const ENDINGS: &[&str] =
    &["HOST", "HOSTNAME", "URL", "URI", "ADDR", "ADDRESS", "SERVER", "ENDPOINT", "DSN", "UPSTREAM"];

/// A host in the value of a variable.
pub(in crate::check) struct Named {
    /// The name of the variable, in upper case.
    pub variable: String,
    /// The scheme of the address, in lower case; empty without one.
    pub scheme: String,
    /// The host.
    pub host: String,
    /// The position of the value.
    pub span: Span,
}

/// The hosts that the environment of a container names.
pub(in crate::check) fn named_hosts(container: &Container) -> impl Iterator<Item = Named> {
    container.settings.environment.0.iter().filter_map(|(variable, value)| {
        let (name, text) = (variable.value().to_uppercase(), value.value());
        let is_host = ENDINGS.iter().any(|ending| name.ends_with(ending)) || is_address(&text);
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme).to_lowercase();
        is_host.then(|| Named { variable: name, scheme, host: host_of(&text).to_owned(), span: value.span })
    })
}

/// True if a value is an address by its form, such as `redis://redis:6379`.
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
    fn the_host_of_an_address_is_found() {
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
