//! Image registries.

use super::domain::is_domain;
use super::{Advice, Form, text_form};

text_form! {
    /// A registry, with an optional port.
    Registry
}

impl Form for Registry {
    const NOUN: &'static str = "a registry";
    const LOOKS: &'static str = " such as ghcr.io or reg.example.de:5000";
    const EXPECTED: &'static str = "HOST or HOST:PORT";
    const EXAMPLE: &'static str = "ghcr.io";
    const PATTERN: &'static str = r"^[A-Za-z0-9.-]+(:[0-9]+)?$";

    fn parse(text: &str) -> Option<Registry> {
        is_registry(text).then(|| Registry(text.to_owned()))
    }

    /// `https://ghcr.io`, and `ghcr.io/me`.
    fn advice(text: &str) -> Option<Advice> {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let host = rest.split('/').next().filter(|host| is_registry(host))?;
        Advice::write("expected only HOST or HOST:PORT", host)
    }
}

/// `ghcr.io`, or `localhost:5000`.
pub(super) fn is_registry(text: &str) -> bool {
    match text.split_once(':') {
        Some((host, port)) => is_domain(host) && port.parse::<u16>().is_ok_and(|n| n > 0),
        None => is_domain(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Registry;

    #[test]
    fn a_registry_is_a_host_with_an_optional_port() {
        parses::<Registry>(&["ghcr.io", "localhost:5000"], &["", "ghcr.io/me", "ghcr.io:", "ghcr.io:0"]);
        advises::<Registry>(&[("https://ghcr.io", "write `ghcr.io`"), ("ghcr.io/me", "write `ghcr.io`")]);
    }
}
