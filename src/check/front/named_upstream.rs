//! Caddy runs on the host: `localhost` resolves to ::1 first there, and container names do not resolve.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, HostPort, Service};
use crate::setting::NetworkMode;
use crate::tree::{Node, Text, options};

/// The Caddy directives that take upstreams, and the option `ask`, which takes the address of a server.
const DIRECTIVES: &[&str] = &["reverse_proxy", "to", "forward_auth", "php_fastcgi", "ask"];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(front) = &host.front else { return };
    let texts: Vec<&Text> = front.caddy_lines().map(|(lines, _)| lines).collect();
    if texts.is_empty() {
        return;
    }
    let containers = names(host);
    for text in texts {
        for (name, port) in upstreams(&text.value()) {
            if name == "localhost" {
                localhost(text, diagnostics);
            } else if let Some(Some((service, container))) = containers.get(&name) {
                let published = published(service, container, &port);
                of_container(container, (&name, &port), published, text, diagnostics);
            }
        }
    }
}

fn localhost(text: &Text, diagnostics: &mut Diagnostics) {
    diagnostics.push(
        Diagnostic::new(
            Code::NamedUpstream,
            "the upstream `localhost` also resolves to ::1",
            text.span,
            "containers listen on 127.0.0.1, and Caddy may try ::1 first",
        )
        .help("write `127.0.0.1`"),
    );
}

fn of_container(
    container: &Container,
    (name, port): (&str, &str),
    published: Option<String>,
    text: &Text,
    diagnostics: &mut Diagnostics,
) {
    let help = match published {
        Some(published) => format!("write `127.0.0.1:{published}` instead of `{name}:{port}`"),
        None => {
            // Caddy listens on 80 and 443 itself.
            let free = match port {
                "80" => "8080",
                "443" => "8443",
                other => other,
            };
            format!(
                "publish the port with `ports: [\"{free}:{port}\"]`, and write `127.0.0.1:{free}` instead of `{name}:{port}`"
            )
        }
    };
    diagnostics.push(
        Diagnostic::new(
            Code::NamedUpstream,
            format!("Caddy cannot resolve the container name `{name}`"),
            text.span,
            format!("`{name}:{port}` resolves in containers only, and Caddy runs on the host"),
        )
        .and(container.span, "the container")
        .help(help),
    );
}

/// The containers, with their services, by each name that other containers can use; `None` for a name of several
/// containers. Empty if the file defines host names under `nixos`, because any name may resolve then.
fn names(host: &Host) -> HashMap<String, Option<(&Service, &Container)>> {
    let mut all = HashMap::new();
    let names_hosts = |path: &[String]| {
        path.first().is_some_and(|first| first == "networking")
            && path.get(1).is_some_and(|second| matches!(second.as_str(), "hosts" | "extraHosts"))
    };
    if host.raw_options().any(|tree| options(tree).iter().any(|option| names_hosts(&option.path))) {
        return all;
    }
    let containers = host.services.iter().flat_map(|s| s.containers.iter().map(move |c| (s, c)));
    for (service, container) in containers {
        let mut own = vec![container.name.as_str().to_lowercase(), container.short.to_lowercase()];
        own.extend(container.settings.aliases.iter().map(|alias| alias.text.value().to_lowercase()));
        own.sort();
        own.dedup();
        for name in own.into_iter().filter(|name| !name.contains('.')) {
            all.entry(name).and_modify(|known| *known = None).or_insert(Some((service, container)));
        }
    }
    all
}

/// The port of 127.0.0.1 that publishes a port of a container.
fn published(service: &Service, container: &Container, port: &str) -> Option<String> {
    if matches!(container.network_mode, Some(NetworkMode::Host(_))) {
        return Some(port.to_owned());
    }
    let written =
        container.settings.ports.iter().find(|p| p.target.text.value() == port && p.has_http_on_loopback());
    let of_site = || {
        let site = container.site_ports.iter().find(|site| site.target.value() == port)?;
        match &site.host {
            HostPort::Fixed(fixed) => Some(fixed.value()),
            HostPort::Service(_) => service.port.as_ref().map(|port| port.text.value()),
        }
    };
    written.map(|port| port.published.text.value()).or_else(of_site)
}

/// The hosts and ports of the upstreams in lines of a Caddyfile.
fn upstreams(lines: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in lines.lines() {
        let mut words = line.split_whitespace();
        if !words.next().is_some_and(|directive| DIRECTIVES.contains(&directive)) {
            continue;
        }
        let is_upstream =
            |word: &&str| !word.starts_with(['@', '/', '*', '{', '#']) && !word.starts_with("unix/");
        for word in words.filter(is_upstream) {
            let (scheme, rest) = word.split_once("://").unwrap_or(("", word));
            let authority = rest.split('/').next().unwrap_or_default();
            let default = if scheme.eq_ignore_ascii_case("https") { "443" } else { "80" };
            let (name, port) = authority.split_once(':').unwrap_or((authority, default));
            if port.bytes().all(|b| b.is_ascii_digit()) {
                found.push((name.to_lowercase(), port.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::upstreams;

    #[test]
    fn upstreams_in_caddyfile_lines_are_found() {
        for (line, found) in [
            ("reverse_proxy app:80", &[("app", "80")][..]),
            ("  reverse_proxy /api/* http://App:8080 HTTPS://b {", &[("app", "8080"), ("b", "443")]),
            ("forward_auth authelia:9091 {", &[("authelia", "9091")]),
            ("reverse_proxy @match {args[0]} unix//run/app.sock", &[]),
            ("redir https://app:80", &[]),
        ] {
            let upstreams = upstreams(line);
            let upstreams: Vec<_> = upstreams.iter().map(|(name, port)| (&**name, &**port)).collect();
            assert_eq!(upstreams, found, "{line}");
        }
    }
}
