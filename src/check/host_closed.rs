//! A container reaches the host through the bridge of its network, where the firewall of NixOS opens port 53 alone.

use std::collections::{HashMap, HashSet};

use super::listeners::{Listener, listeners};
use crate::ast::{Bind, NetworkMode};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Network};
use crate::tree::{Kind, Node, Text, options};
use crate::word::is_word;

/// Names that Podman gives the host in each container (podman-run(1), --add-host).
const NAMES: &[&str] = &["host.containers.internal", "host.docker.internal"];

/// The ports of URLs that name none.
const SCHEMES: &[(&str, u16)] = &[
    ("amqp", 5672),
    ("http", 80),
    ("https", 443),
    ("ldap", 389),
    ("ldaps", 636),
    ("mariadb", 3306),
    ("mongodb", 27017),
    ("mqtt", 1883),
    ("mysql", 3306),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("redis", 6379),
    ("rediss", 6379),
    ("smtp", 25),
    ("ws", 80),
    ("wss", 443),
];

/// Words in the names of variables whose address a browser uses, and no program in the container.
const FOR_BROWSERS: &[&str] = &[
    "ALLOWED", "CALLBACK", "CORS", "CSP", "EXTERNAL", "FRAME", "FRONTEND", "HREF", "LINK", "LOGOUT",
    "ORIGIN", "PUBLIC", "REDIRECT", "TRUSTED",
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let open = Open::of(host);
    if open.everything {
        return;
    }
    let networks: HashMap<&str, &Network> = host
        .networks
        .iter()
        .chain(host.services.iter().filter_map(|s| s.network.as_ref()))
        .map(|network| (network.name.as_str(), network))
        .collect();
    let sites = sites(host);
    let published = published(host);
    for service in &host.services {
        for container in &service.containers {
            let bridge = container.networks.iter().find_map(|attached| {
                networks.get(attached.network.as_str()).filter(|network| !network.is_external())
            });
            let Some(bridge) = bridge.map(|network| network.interface.value()) else { continue };
            let names = names(host, container, &networks);
            let mut reported = HashSet::new();
            for (variable, text) in texts(container) {
                if diagnostics.is_full() {
                    return;
                }
                let value = text.value();
                for (name, port) in addresses(&value) {
                    let Some(port) = port else { continue };
                    let is_host = names.contains(name);
                    let is_site = matches!(port, 80 | 443)
                        && sites.get(name).is_some_and(|owner| *owner != Some(service.option.as_str()))
                        && !variable.is_some_and(is_for_browsers);
                    // Podman forwards a port that is published on the address before the firewall sees it.
                    let forwarded = published.contains(&(port, None))
                        || name.parse().is_ok_and(|address| published.contains(&(port, Some(address))));
                    if !(is_host && !forwarded || is_site)
                        || open.has(&bridge, port)
                        || !reported.insert((name.to_owned(), port))
                    {
                        continue;
                    }
                    diagnostics.push(report(container, text, name, port, &bridge));
                }
            }
        }
    }
}

fn report(container: &Container, text: &Text, name: &str, port: u16, bridge: &str) -> Diagnostic {
    Diagnostic::new(
        Code::HostClosed,
        format!("`{}` cannot reach port {port} of the host", container.name),
        text.span,
        format!("`{name}` is the host, and the port is closed on `{bridge}`"),
    )
    .help(format!(
        "open it under the service: `nixos: {{ networking.firewall.interfaces.{bridge}.allowedTCPPorts: [{port}] }}`"
    ))
}

fn is_for_browsers(variable: &Text) -> bool {
    let name = variable.value().to_uppercase();
    FOR_BROWSERS.iter().any(|word| name.contains(word))
}

/// The texts of a container that may hold an address to connect to, with the variable that has it.
fn texts(container: &Container) -> impl Iterator<Item = (Option<&Text>, &Text)> {
    let environment = container.compose.environment.0.iter().map(|(name, value)| (Some(name), value));
    let command = container.compose.command.iter().flat_map(|command| &command.0).map(|word| (None, word));
    environment.chain(command)
}

/// The names and addresses of the host for a container.
fn names(host: &Host, container: &Container, networks: &HashMap<&str, &Network>) -> HashSet<String> {
    let mut names: HashSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    names.extend(host.tailscale.iter().map(|t| t.address.value()));
    for attached in &container.networks {
        let declared = networks.get(attached.network.as_str()).and_then(|n| n.declared.as_ref());
        names.extend(declared.iter().flat_map(|d| &d.gateway.0).map(|gateway| gateway.value()));
    }
    if let Some(Bind::On { addresses, .. }) = host.front.as_ref().map(|front| &front.declared.bind.value) {
        names.extend(addresses.iter().map(Text::value));
    }
    for (name, address) in &container.compose.extra_hosts.0 {
        let address = address.value();
        if address == "host-gateway" || names.contains(&address) {
            names.insert(name.value().to_lowercase());
        } else {
            names.remove(&name.value().to_lowercase());
        }
    }
    names
}

/// The sites that are reached on some interfaces only, with the service of each. Where Caddy listens on every
/// interface, its ports are open on the bridges too.
fn sites(host: &Host) -> HashMap<String, Option<&str>> {
    let Some(front) = &host.front else { return HashMap::new() };
    let on_some = match &front.declared.bind.value {
        Bind::Tailscale => true,
        Bind::All => false,
        Bind::On { interfaces, .. } => !interfaces.is_empty(),
    };
    let names = front.sites.iter().filter(|_| on_some).flat_map(|site| {
        let aliases = site.declared.aliases.iter().map(|alias| alias.value());
        std::iter::once(site.host.value())
            .chain(aliases)
            .map(|name| (name.to_lowercase(), site.service.as_deref()))
    });
    names.collect()
}

/// The TCP ports that containers publish, each with its address; none is all of them.
fn published(host: &Host) -> HashSet<(u16, Option<std::net::IpAddr>)> {
    let of_containers = |listener: &Listener| listener.container.is_some() && listener.protocol == "tcp";
    listeners(host)
        .iter()
        .filter(|listener| of_containers(listener))
        .map(|listener| (listener.first, listener.address))
        .collect()
}

/// The hosts of a text, with the port of each: of URLs wherever they stand, and
/// of `host:port` alone.
fn addresses(text: &str) -> Vec<(&str, Option<u16>)> {
    let mut found = Vec::new();
    let is_end =
        |c: char| matches!(c, '/' | '?' | '#' | ',' | ';' | '"' | '\'' | ')' | ']') || c.is_whitespace();
    let mut rest = text;
    let mut is_url = false;
    while let Some((before, after)) = rest.split_once("://") {
        is_url = true;
        let start = before
            .rfind(|c: char| !is_word(c.encode_utf8(&mut [0; 4]), b"+.-"))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let scheme = before[start..].to_lowercase();
        let authority = &after[..after.find(is_end).unwrap_or(after.len())];
        let (name, port) = host_and_port(authority);
        // `postgresql+psycopg2` is Postgres too.
        let scheme = scheme.split('+').next().unwrap_or_default();
        let default = SCHEMES.iter().find(|(known, _)| *known == scheme).map(|(_, port)| *port);
        found.push((name, port.or(default)));
        rest = after;
    }
    if !is_url {
        found.push(host_and_port(text.trim()));
    }
    found
}

fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match authority.split_once(':') {
        Some((name, port)) => (name, port.parse().ok()),
        None => (authority, None),
    }
}

/// What the file opens on the bridges, under `nixos` or for containers of the host's network.
struct Open {
    everything: bool,
    everywhere: HashSet<u16>,
    on: HashSet<(String, u16)>,
    /// Interfaces with all of their ports, or with ports that only Nix knows.
    trusted: HashSet<String>,
}

impl Open {
    fn of(host: &Host) -> Open {
        let mut open = Open {
            everything: false,
            everywhere: HashSet::new(),
            on: HashSet::new(),
            trusted: HashSet::new(),
        };
        for option in host.raw_options().flat_map(options) {
            let path: Vec<&str> = option.path.iter().map(String::as_str).collect();
            let is_expression = matches!(option.node.kind, Kind::Nix(_));
            match path.as_slice() {
                // An expression in place of a set may open anything.
                ["networking" | "services"]
                | ["networking", "firewall"]
                | ["services", _]
                | ["networking", "firewall", "interfaces"]
                    if is_expression =>
                {
                    open.everything = true;
                }
                ["networking", "firewall", "interfaces", interface] if is_expression => {
                    open.trusted.insert((*interface).to_owned());
                }
                ["networking", "firewall", "enable"] => {
                    open.everything |=
                        !matches!(&option.node.kind, Kind::Scalar(text) if text.value() == "true");
                }
                ["networking", "firewall", "trustedInterfaces"] => {
                    open.trusted.extend(values(option.node));
                    open.everything |= is_expression;
                }
                ["networking", "firewall", "allowedTCPPorts"] => {
                    open.everywhere
                        .extend(values(option.node).iter().filter_map(|port| port.parse::<u16>().ok()));
                    open.everything |= is_expression;
                }
                ["networking", "firewall", "interfaces", interface, list] => {
                    let ports = values(option.node);
                    let ports = ports.iter().filter_map(|port| port.parse::<u16>().ok());
                    open.on.extend(ports.map(|port| ((*interface).to_owned(), port)));
                    if is_expression || *list == "allowedTCPPortRanges" {
                        open.trusted.insert((*interface).to_owned());
                    }
                }
                ["networking", "firewall", "allowedTCPPortRanges" | "extraCommands" | "extraInputRules"] => {
                    open.everything = true;
                }
                // Which ports a module opens by it is only known to the module.
                ["services", .., "openFirewall"] => {
                    open.everything |=
                        !matches!(&option.node.kind, Kind::Scalar(text) if text.value() == "false");
                }
                _ => {}
            }
        }
        for container in host.containers() {
            if matches!(container.compose.network_mode, Some(NetworkMode::Host(_))) {
                for interface in &container.compose.firewall.0 {
                    let ports =
                        container.compose.expose.iter().filter_map(|e| e.port.value().parse::<u16>().ok());
                    open.on.extend(ports.map(|port| (interface.value(), port)));
                }
            }
        }
        open
    }

    fn has(&self, bridge: &str, port: u16) -> bool {
        self.everywhere.contains(&port)
            || self.trusted.contains(bridge)
            || self.on.contains(&(bridge.to_owned(), port))
    }
}

fn values(node: &Node) -> Vec<String> {
    match &node.kind {
        Kind::Scalar(text) => vec![text.value()],
        Kind::List(items) => items.iter().flat_map(values).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn hosts_and_ports_of_a_text() {
        for (text, found) in [
            ("http://host.containers.internal:11434/v1", vec![("host.containers.internal", Some(11434))]),
            ("https://auth.example.org", vec![("auth.example.org", Some(443))]),
            ("postgresql+psycopg2://me:word@db/x", vec![("db", Some(5432))]),
            ("db:5432", vec![("db", Some(5432))]),
            ("a=http://x, b=https://y:8443", vec![("x", Some(80)), ("y", Some(8443))]),
            ("word", vec![("word", None)]),
        ] {
            assert_eq!(addresses(text), found, "{text}");
        }
    }
}
