//! A container reaches the host through the bridge of its network, on which the NixOS firewall opens only port 53.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Protocol;
use crate::hir::reach::AnySite;
use crate::hir::{Container, Host, Id, Service};
use crate::listener::listeners;
use crate::podman::arguments::arguments;
use crate::setting::{Bind, Expose, HealthTest, NetworkMode};
use crate::tree::{Kind, Node, Text, options};

/// The names that Podman gives the host in each container (podman-run(1), --add-host).
const NAMES: &[&str] = &["host.containers.internal", "host.docker.internal"];

/// The default ports of URL schemes.
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

/// Words in the names of variables with an address for browsers: no program in the container connects to it.
const FOR_BROWSERS: &[&str] = &[
    "ALLOWED", "CALLBACK", "CORS", "CSP", "EXTERNAL", "FRAME", "FRONTEND", "HREF", "LINK", "LOGOUT",
    "ORIGIN", "PUBLIC", "REDIRECT", "TRUSTED",
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let open = Open::of(host);
    if open.everything {
        return;
    }
    let sites = sites(host);
    let published = published(host);
    for service in &host.services {
        for container in &service.containers {
            let mut networks =
                container.networks.iter().filter_map(|attached| host.network(&attached.network));
            let bridge = networks.find(|network| !network.is_external());
            let Some(bridge) = bridge.map(|network| network.interface.value()) else { continue };
            let names = names(host, container);
            let mut reported = HashSet::new();
            let texts = texts(container);
            let ports = port_variables(&texts);
            for (variable, text) in &texts {
                if diagnostics.is_full() {
                    return;
                }
                let value = text.value();
                for Address { name, port, udp } in addresses(&value) {
                    let beside = || ports.get(&port_variable(variable.as_deref()?)?).copied();
                    let Some(number) = port.or_else(beside) else { continue };
                    let port = Port { number, udp };
                    let is_host = names.contains(&name);
                    let owner = sites.get(&(name.clone(), port.number)).copied();
                    let is_site = owner.is_some_and(|owner| owner != Some(&service.name))
                        && !variable.as_deref().is_some_and(is_for_browsers);
                    // Podman forwards a port that is published on the address before the firewall sees it.
                    let forwarded = published.contains_key(&(port, None))
                        || name.parse().is_ok_and(|address| published.contains_key(&(port, Some(address))));
                    if !(is_host && !forwarded || is_site)
                        || open.has(&bridge, port)
                        || !reported.insert((name.clone(), port))
                    {
                        continue;
                    }
                    let found = report(container, text, &name, port, &bridge);
                    let loopback = published.get(&(port, Some(Ipv4Addr::LOCALHOST.into())));
                    let publisher = loopback.and_then(|(id, target)| Some((host.container(id)?, target)));
                    diagnostics.push(found.help(match publisher {
                        Some((other, target)) if is_host => by_network(container, other, target),
                        _ if is_site => by_front(owner.flatten(), &name),
                        _ => by_firewall(port),
                    }));
                }
            }
        }
    }
}

/// A port of the host.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Port {
    number: u16,
    udp: bool,
}

fn report(container: &Container, text: &Text, name: &str, port: Port, bridge: &str) -> Diagnostic {
    Diagnostic::new(
        Code::HostClosed,
        format!("`{}` cannot reach port {} of the host", container.name, port.number),
        text.span,
        format!("`{name}` is the host, and its firewall blocks the port on `{bridge}`"),
    )
}

fn by_firewall(port: Port) -> String {
    let udp = if port.udp { "/udp" } else { "" };
    format!("add `host_ports: [{}{udp}]` to the container", port.number)
}

/// The help for a site of the service `owner`, or of the host.
fn by_front(owner: Option<&Id<Service>>, name: &str) -> String {
    format!("add `reaches: [{}]` to the container", owner.map_or(name, |owner| owner.as_str()))
}

/// Returns the help for a port that another container publishes on loopback: no firewall setting opens it on the
/// bridge.
pub(super) fn by_network(container: &Container, other: &Container, target: &str) -> String {
    let name = &other.name;
    let is_shared = container.networks.iter().any(|a| other.networks.iter().any(|b| a.network == b.network));
    if is_shared {
        format!("write `{name}:{target}`: the containers are on the same network")
    } else {
        format!("put both containers on one of the top-level `networks`, and write `{name}:{target}`")
    }
}

/// The variable of the port beside a variable of a host: `DB_PORT` beside `DB_HOST`. An address that a program
/// announces is for other machines.
fn port_variable(variable: &str) -> Option<String> {
    let name = variable.to_uppercase();
    if is_for_browsers(&name) || name.contains("ADVERTISE") || name.contains("ANNOUNCE") {
        return None;
    }
    let ending = ["HOSTNAME", "HOST", "SERVER", "ADDRESS", "ADDR", "IP"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending));
    Some(format!("{}PORT", ending?))
}

/// The ports that variables hold, by the names of the variables in upper case.
fn port_variables(texts: &[(Option<String>, Cow<'_, Text>)]) -> HashMap<String, u16> {
    let named = texts.iter().filter_map(|(name, text)| Some((name.as_ref()?.to_uppercase(), text)));
    named
        .filter(|(name, _)| name.ends_with("PORT"))
        .filter_map(|(name, text)| Some((name, text.value().parse().ok()?)))
        .collect()
}

fn is_for_browsers(variable: &str) -> bool {
    let name = variable.to_uppercase();
    FOR_BROWSERS.iter().any(|word| name.contains(word))
}

/// The texts of a container that may contain an address to connect to, with the name of their variable.
fn texts(container: &Container) -> Vec<(Option<String>, Cow<'_, Text>)> {
    let settings = &container.settings;
    let mut found: Vec<(Option<String>, Cow<'_, Text>)> = Vec::new();
    found.extend(
        settings.environment.0.iter().map(|(name, value)| (Some(name.value()), Cow::Borrowed(value))),
    );
    let commands = settings.command.iter().chain(&settings.entrypoint).flat_map(|command| &command.0);
    found.extend(commands.map(|word| (None, Cow::Borrowed(word))));
    match settings.healthcheck.as_ref().and_then(|check| check.test.as_ref()) {
        Some(HealthTest::Shell(line)) => found.push((None, Cow::Borrowed(line))),
        Some(HealthTest::Exec(words)) => found.extend(words.iter().map(|word| (None, Cow::Borrowed(word)))),
        Some(HealthTest::None) | None => {}
    }
    for argument in arguments(&settings.podman_args).into_iter().filter(|a| a.name == "env") {
        let Some(written) = argument.value.map(|value| value.value()) else { continue };
        if let Some((name, value)) = written.split_once('=') {
            found.push((Some(name.to_owned()), Cow::Owned(Text::literal(value, argument.span))));
        }
    }
    found
}

/// The names and addresses by which a container reaches the host.
fn names(host: &Host, container: &Container) -> HashSet<String> {
    let mut names: HashSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    names.extend(host.tailscale.iter().map(|t| t.address.text.value()));
    for attached in &container.networks {
        let declared = host.network(&attached.network).map(|network| &network.settings);
        names.extend(declared.iter().flat_map(|d| &d.gateway.0).map(|gateway| gateway.text.value()));
    }
    if let Some(Bind::On { addresses, .. }) = host.front.as_ref().map(|front| &front.bind.value) {
        names.extend(addresses.iter().map(|address| address.text.value()));
    }
    let hosts =
        container.settings.extra_hosts.0.iter().map(|(name, address)| (name.value(), address.value()));
    let added = arguments(&container.settings.podman_args).into_iter().filter(|a| a.name == "add-host");
    let added = added.filter_map(|argument| {
        let value = argument.value?.value();
        value.split_once([':', '=']).map(|(name, address)| (name.to_owned(), address.to_owned()))
    });
    for (name, address) in hosts.chain(added) {
        if address == "host-gateway" || names.contains(&address) {
            names.insert(name.to_lowercase());
        } else {
            names.remove(&name.to_lowercase());
        }
    }
    names
}

/// The names and ports of the sites that a front serves on some interfaces only, with the service of each. If Caddy listens
/// on every interface, its ports are open on the bridges too.
fn sites(host: &Host) -> HashMap<(String, u16), Option<&Id<Service>>> {
    let of_caddy = host.front.iter().flat_map(|front| &front.sites).enumerate().map(|(position, site)| {
        // Caddy redirects from port 80 to a site with a certificate.
        let also = site.listen.is_none().then_some(80);
        (AnySite::Caddy(position), site.names().collect::<Vec<_>>(), also, site.service.as_ref())
    });
    let of_haproxy = host.haproxy.iter().flat_map(|haproxy| &haproxy.sites).enumerate();
    let of_haproxy = of_haproxy.map(|(position, site)| {
        (AnySite::HaProxy(position), site.names.iter().collect(), None, site.service.as_ref())
    });
    let mut owners: HashMap<(String, u16), Option<&Id<Service>>> = HashMap::new();
    let mut shared = HashSet::new();
    for (site, names, also, owner) in of_caddy.chain(of_haproxy) {
        let Some(served) = host.served(site).filter(|served| !served.is_open && !served.is_loopback) else {
            continue;
        };
        for name in names.into_iter().map(|name| name.value().to_lowercase()) {
            for port in also.into_iter().chain([served.port]) {
                let known = owners.insert((name.clone(), port), owner);
                if known.is_some_and(|other| other != owner) {
                    shared.insert((name.clone(), port));
                }
            }
        }
    }
    // A name of two services is already reported.
    owners.retain(|site, _| !shared.contains(site));
    owners
}

/// The ports that containers publish, with the address (`None` for all addresses), the container and its port.
fn published(host: &Host) -> HashMap<(Port, Option<IpAddr>), (Id<Container>, String)> {
    let mut found = HashMap::new();
    for listener in listeners(host) {
        let port = Port { number: listener.ports.first, udp: listener.protocol == Protocol::Udp };
        if let Some(container) = listener.container {
            let target = listener.target.unwrap_or_default();
            found.insert((port, listener.address), (container, target));
        }
    }
    found
}

/// A host that a text names, in lower case.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    name: String,
    port: Option<u16>,
    udp: bool,
}

/// The hosts in a text, with the port of each: from URLs at any position, and from `host:port`.
fn addresses(text: &str) -> Vec<Address> {
    let is_end = |c: char| {
        matches!(c, '=' | '?' | '#' | ',' | ';' | '"' | '\'' | '(' | ')' | '[' | ']') || c.is_whitespace()
    };
    let mut found = Vec::new();
    for word in text.split(is_end).filter(|word| !word.is_empty()) {
        let (scheme, authority) = match word.rsplit_once("://") {
            // `jdbc:postgresql://` has two.
            Some((scheme, behind)) => (scheme.rsplit(':').next().unwrap_or_default().to_lowercase(), behind),
            None => (String::new(), word),
        };
        let (name, port) = host_and_port(authority.split('/').next().unwrap_or_default());
        let udp = scheme.split('+').any(|part| part == "udp");
        // `postgresql+psycopg2` is Postgres too.
        let scheme = scheme.split('+').next().unwrap_or_default();
        let default = SCHEMES.iter().find(|(known, _)| *known == scheme).map(|(_, port)| *port);
        found.push(Address { name: name.to_lowercase(), port: port.or(default), udp });
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

/// The ports that the file opens on the bridges, under `nixos` or for containers on the host's network.
struct Open {
    everything: bool,
    everywhere: HashSet<Port>,
    on: HashSet<(String, Port)>,
    /// Interfaces with all ports open, or with ports that only Nix knows.
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
                // An expression instead of a set may open anything.
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
                ["networking", "firewall", list @ ("allowedTCPPorts" | "allowedUDPPorts")] => {
                    open.everywhere.extend(ports(option.node, list));
                    open.everything |= is_expression;
                }
                ["networking", "firewall", "interfaces", interface, list] => {
                    open.on.extend(ports(option.node, list).map(|port| ((*interface).to_owned(), port)));
                    if is_expression || list.ends_with("PortRanges") {
                        open.trusted.insert((*interface).to_owned());
                    }
                }
                [
                    "networking",
                    "firewall",
                    "allowedTCPPortRanges" | "allowedUDPPortRanges" | "extraCommands" | "extraInputRules",
                ] => open.everything = true,
                // Only the module knows the ports that it opens by this option.
                ["services", .., "openFirewall"] => {
                    open.everything |=
                        !matches!(&option.node.kind, Kind::Scalar(text) if text.value() == "false");
                }
                _ => {}
            }
        }
        for container in host.containers() {
            for network in host.networks_of(container) {
                for exposed in &container.settings.host_ports {
                    open.expose(exposed, network.interface.value());
                }
            }
            let reached = container.reaches.iter().flat_map(|reach| &reach.sites);
            let ports: HashSet<u16> =
                reached.filter_map(|reached| host.served(reached.site)).map(|served| served.port).collect();
            for network in host.networks_of(container) {
                let port = |number: &u16| Port { number: *number, udp: false };
                open.on.extend(ports.iter().map(|number| (network.interface.value(), port(number))));
            }
            if matches!(container.network_mode, Some(NetworkMode::Host(_))) {
                for interface in &container.settings.firewall.0 {
                    for exposed in &container.settings.expose {
                        open.expose(exposed, interface.text.value());
                    }
                }
            }
        }
        open
    }

    fn expose(&mut self, exposed: &Expose, interface: String) {
        let ports = exposed.port.value;
        match ports.is_range() {
            true => self.trusted.insert(interface),
            false => self.on.insert((interface, Port { number: ports.first, udp: exposed.udp })),
        };
    }

    fn has(&self, bridge: &str, port: Port) -> bool {
        self.everywhere.contains(&port)
            || self.trusted.contains(bridge)
            || self.on.contains(&(bridge.to_owned(), port))
            // The protocol is a guess if the text has no scheme, and the file may open the port for the other one.
            || self.on.contains(&(bridge.to_owned(), Port { udp: true, ..port }))
    }
}

/// The ports in an option such as `allowedTCPPorts`.
fn ports(node: &Node, list: &str) -> impl Iterator<Item = Port> {
    let udp = list == "allowedUDPPorts";
    values(node).into_iter().filter_map(move |port| Some(Port { number: port.parse().ok()?, udp }))
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
    fn hosts_and_ports_in_a_text_are_found() {
        for (text, found) in [
            (
                "http://host.containers.internal:11434/v1",
                vec![("host.containers.internal", Some(11434), false)],
            ),
            ("https://Auth.example.org", vec![("auth.example.org", Some(443), false)]),
            ("postgresql+psycopg2://me:word@db/x", vec![("db", Some(5432), false)]),
            ("db:5432", vec![("db", Some(5432), false)]),
            ("--db=db:5432/x", vec![("--db", None, false), ("db", Some(5432), false)]),
            ("jdbc:mysql://db/x", vec![("db", Some(3306), false)]),
            ("udp://log:514", vec![("log", Some(514), true)]),
            ("http://x, https://y:8443", vec![("x", Some(80), false), ("y", Some(8443), false)]),
            ("word", vec![("word", None, false)]),
        ] {
            let read: Vec<_> = addresses(text);
            let read: Vec<_> = read.iter().map(|a| (a.name.as_str(), a.port, a.udp)).collect();
            assert_eq!(read, found, "{text}");
        }
    }
}
