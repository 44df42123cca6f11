//! HAProxy: its sites, its statistics, firewall ports, and checks of its configuration.
//!
//! ```yaml
//! haproxy: { interfaces: [eth0] }
//! services: { photos: { site: { front: haproxy, listen: 80, to: "server:2283" } } }
//! ```
//! ```text
//! frontend front:port-80
//!   bind 0.0.0.0:80
//!   default_backend photos
//! backend photos
//!   server photos 127.0.0.1:2283
//! ```

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;

use super::{address, context};
use crate::form::{ListenAddress, UrlPaths};
use crate::hir::front::Caddy;
use crate::hir::{Front, HaProxy, Host, Id, PlainSite, Service, Upstream, UpstreamAddress};
use crate::nix::{Expr, Part, parts};
use crate::nixos::{Module, Output};

/// The settings of all sections. A timeout is the longest pause of a connection, so a long upload needs no more; the last
/// one is for WebSockets. Only errors are logged.
const DEFAULTS: &[&str] = &[
    "defaults",
    "  mode http",
    "  log stdout format raw local0",
    "  option httplog",
    "  option dontlog-normal",
    "  option dontlognull",
    "  timeout connect 10s",
    "  timeout http-request 1m",
    "  timeout http-keep-alive 1m",
    "  timeout client 1h",
    "  timeout server 1h",
    "  timeout tunnel 1d",
];

/// Headers about the client, which HAProxy sets and a client cannot. Names with `_` stand for the same headers in programs
/// that get headers as variables (RFC 3875, 4.1.18).
const HEADERS: &[&str] = &[
    "  http-request del-header ^(forwarded|x[-_.](forwarded|real)[-_.].*)$ -m reg",
    "  http-request set-header X-Forwarded-For %[src]",
    "  http-request set-header X-Forwarded-Proto http",
    "  http-request set-header X-Forwarded-Host %[req.hdr(host)]",
    "  http-request set-header X-Real-IP %[src]",
];

/// The requested name.
const NAME: &str = "req.hdr(host),host_only";

/// The most values in a line. HAProxy reads at most 64 words of a line (`MAX_LINE_ARGS` in include/haproxy/defaults.h).
const VALUES: usize = 50;

pub(super) fn lower(host: &Host, output: &mut Output) {
    let Some(haproxy) = &host.haproxy else { return };
    let module = output.module("haproxy.nix", "haproxy");
    let options = module.config.at(&["services", "haproxy"]);
    options.set("enable", Expr::Bool(true));
    options.set("config", configuration(haproxy, host));
    let unit = module.unit(HaProxy::UNIT);
    if host.front.is_none() {
        super::keep_up(unit);
    }
    // NixOS reads the file at its path in /etc, so that a changed file alone changes no unit.
    unit.append("reloadTriggers", [Expr::code("config.environment.etc.\"haproxy.cfg\".source")]);
    unit.set("startLimitIntervalSec", Expr::Int(0));
    let check = Expr::Str(vec![
        Part::expr(Expr::code("config.services.haproxy.package")),
        Part::Text("/bin/haproxy -c -f /etc/haproxy.cfg".into()),
    ]);
    let before = |commands: Vec<Expr>| Expr::call("lib.mkBefore", [Expr::List(commands)]);
    let service = unit.at(&["serviceConfig"]);
    let front = host.front.iter().filter(|front| front.behind().is_some());
    let passed = front.flat_map(|front| front.addresses(host)).map(|address| address.value.0);
    let bound = haproxy.sites.iter().filter_map(|site| site.listen.value.address).chain(passed);
    let commands = address::waits(bound, host).into_iter().chain([check.clone()]).collect();
    service.set("ExecStartPre", before(commands));
    service.set("ExecReload", before(vec![check]));
    service.set("RestartSec", Expr::str("10s"));
    if haproxy.notification.is_on() {
        super::notify::report_failure(HaProxy::UNIT, module);
    }
    firewall(haproxy, module);
}

/// Lines of the configuration, and the service without which they are left out.
type Lines<'a> = (Option<&'a Id<Service>>, Vec<Vec<Part>>);

fn configuration(haproxy: &HaProxy, host: &Host) -> Expr {
    let names = backend_names(haproxy);
    let mut all: Vec<Lines> = vec![(None, DEFAULTS.iter().copied().map(line).collect())];
    let mut frontends: IndexMap<ListenAddress, Vec<(&PlainSite, &str)>> = IndexMap::new();
    for (site, name) in haproxy.sites.iter().zip(&names) {
        frontends.entry(site.listen.value).or_default().push((site, name));
    }
    for (listen, sites) in &frontends {
        all.extend(frontend(*listen, sites));
    }
    for (site, name) in haproxy.sites.iter().zip(&names) {
        let mut lines = backend(name, &site.upstream, host);
        for (at, path) in site.paths.iter().enumerate() {
            lines.extend(backend(&path_backend(name, at), &path.upstream, host));
        }
        all.push((site.service.as_ref(), lines));
    }
    if let Some(front) = host.front.as_ref().filter(|front| front.behind().is_some()) {
        all.push((None, passes(front, host)));
    }
    if let Some(stats) = &haproxy.stats {
        let lines =
            [format!("frontend {}", frontend_name("stats")), format!("  bind {}", bound(stats.value))];
        let lines = lines.into_iter().chain(["  stats enable".to_owned(), "  stats uri /".to_owned()]);
        all.push((None, lines.map(line).collect()));
    }
    expression(all, host)
}

/// The ports that HAProxy passes on to Caddy: connections as they are, after a header with the client.
fn passes(front: &Front, host: &Host) -> Vec<Vec<Part>> {
    let ports = [("http", 80, Caddy::HTTP), ("https", 443, Caddy::HTTPS)];
    let pass = |(name, port, inside): (&str, u16, u16)| {
        let mut lines = vec![
            line(format!("listen {}", frontend_name(&format!("caddy-{name}")))),
            line("  mode tcp"),
            line("  option tcplog"),
        ];
        let addresses = front.addresses(host);
        if addresses.is_empty() {
            lines.extend(on_all_addresses(port));
        }
        lines.extend(addresses.iter().map(|address| {
            let listen = ListenAddress { address: Some(address.value.0), port };
            line(format!("  bind {}", bound(listen)))
        }));
        lines.push(line(format!("  server caddy 127.0.0.1:{inside} send-proxy-v2")));
        lines
    };
    ports.into_iter().flat_map(pass).collect()
}

/// The lines that listen on all addresses.
fn on_all_addresses(port: u16) -> [Vec<Part>; 2] {
    [line(format!("  bind 0.0.0.0:{port}")), line(format!("  bind [::]:{port} v6only"))]
}

/// The configuration as one text, or as texts for the services that are enabled.
fn expression(all: Vec<Lines>, host: &Host) -> Expr {
    let mut texts: Vec<Lines> = Vec::new();
    for (service, lines) in all.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        match texts.last_mut().filter(|(last, _)| *last == service) {
            Some((_, last)) => last.extend(lines),
            None => texts.push((service, lines)),
        }
    }
    if texts.iter().all(|(service, _)| service.is_none()) {
        return Expr::Lines(texts.into_iter().flat_map(|(_, lines)| lines).collect());
    }
    let texts = texts.into_iter().map(|(service, lines)| match service.and_then(|id| host.service(id)) {
        Some(service) => {
            let enable = context::enable(&service.option);
            Expr::call("lib.mkIf", [enable, Expr::Lines(lines)])
        }
        None => Expr::Lines(lines),
    });
    Expr::call("lib.mkMerge", [Expr::List(texts.collect())])
}

/// The sites on one port.
fn frontend<'a>(listen: ListenAddress, sites: &[(&'a PlainSite, &str)]) -> Vec<Lines<'a>> {
    let mut begin = vec![line(format!("frontend {}", frontend_name(&listen_name(listen))))];
    match listen.address {
        Some(_) => begin.push(line(format!("  bind {}", bound(listen)))),
        None => begin.extend(on_all_addresses(listen.port)),
    }
    begin.extend(HEADERS.iter().copied().map(line));
    begin.push(line("  acl known always_false"));
    let mut all = vec![(None, begin)];
    let (named, nameless): (Vec<_>, Vec<_>) = sites.iter().partition(|(site, _)| !site.names.is_empty());
    for (site, name) in &named {
        let is_name = |condition: &str| {
            acl(&format!("{condition} {NAME} -m str -i"), site.names.iter().map(parts).collect())
        };
        all.push((site.service.as_ref(), [is_name("known"), is_name(&format!("is-{name}"))].concat()));
    }
    let conditions = |site: &PlainSite, name: &str| match site.names.is_empty() {
        true => "!known".to_owned(),
        false => format!("is-{name}"),
    };
    for (site, name) in named.iter().chain(&nameless) {
        let Some(allowed) = &site.allow_from else { continue };
        let subnets = allowed.value.iter().flat_map(|range| range.value.subnets());
        let mut lines =
            acl(&format!("from-{name} src"), subnets.map(|subnet| line(subnet.to_string())).collect());
        let condition = conditions(site, name);
        lines.push(line(format!("  http-request deny deny_status 403 if {condition} !from-{name}")));
        all.push((site.service.as_ref(), lines));
    }
    if nameless.is_empty() {
        all.push((None, vec![line("  http-request deny deny_status 404 if !known")]));
    }
    for (site, name) in named.iter().chain(&nameless) {
        let condition = conditions(site, name);
        let paths = site.paths.iter().enumerate().map(|(at, path)| {
            let matcher = path_matcher(&path.path.value);
            line(format!("  use_backend {} if {condition} {{ {matcher} }}", path_backend(name, at)))
        });
        let own = match site.names.is_empty() {
            true => line(format!("  default_backend {name}")),
            false => line(format!("  use_backend {name} if {condition}")),
        };
        all.push((site.service.as_ref(), paths.chain([own]).collect()));
    }
    all
}

/// The lines of an ACL, which is true if one of its lines is.
fn acl(begin: &str, values: Vec<Vec<Part>>) -> Vec<Vec<Part>> {
    let of_line = |values: &[Vec<Part>]| {
        let values = values.iter().flat_map(|value| line(" ").into_iter().chain(value.iter().cloned()));
        line(format!("  acl {begin}")).into_iter().chain(values).collect()
    };
    values.chunks(VALUES).map(of_line).collect()
}

fn path_matcher(path: &UrlPaths) -> String {
    match path.prefix() {
        Some(prefix) => format!("path -m beg -i {prefix}"),
        None => format!("path -m str -i {}", path.as_str()),
    }
}

fn backend(name: &str, upstream: &Upstream, host: &Host) -> Vec<Vec<Part>> {
    let mut server = line(format!("  server {name} "));
    match &upstream.address {
        UpstreamAddress::Port(port) => {
            server.push(Part::Text("127.0.0.1:".into()));
            server.extend(parts(&context::port(port, host)));
        }
        UpstreamAddress::Other(address, port) => {
            let is_ipv6 = address.value().contains(':');
            server.push(Part::Text(if is_ipv6 { "[" } else { "" }.into()));
            server.extend(parts(address));
            server.push(Part::Text(if is_ipv6 { "]:" } else { ":" }.into()));
            server.extend(parts(port));
        }
    }
    vec![line(format!("backend {name}")), server]
}

/// A name for the backend of each site: its first name, its service or its port.
fn backend_names(haproxy: &HaProxy) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let name = |site: &PlainSite| match (site.names.first(), &site.service) {
        (Some(name), _) => name.value().to_lowercase(),
        (None, Some(service)) => service.to_string(),
        (None, None) => listen_name(site.listen.value),
    };
    let mut unique = |name: String| {
        let uses = seen.entry(name.clone()).or_default();
        *uses += 1;
        // A name or a service has no `:`.
        if *uses == 1 { name } else { format!("{name}:{uses}") }
    };
    haproxy.sites.iter().map(|site| unique(name(site))).collect()
}

fn path_backend(name: &str, at: usize) -> String {
    format!("{name}:path-{}", at + 1)
}

/// The name of a frontend, which no backend has: HAProxy 3.3 refuses two proxies with one name. A name or a service has no
/// `:`, and a backend has only a number or `path-` and a number behind its own.
fn frontend_name(name: &str) -> String {
    format!("front:{name}")
}

fn listen_name(listen: ListenAddress) -> String {
    match listen.address {
        Some(address) => format!("{address}:port-{}", listen.port),
        None => format!("port-{}", listen.port),
    }
}

/// An address and a port for `bind`.
fn bound(listen: ListenAddress) -> String {
    match listen.address {
        Some(address) if address.is_ipv6() => format!("[{address}]:{}", listen.port),
        Some(address) => format!("{address}:{}", listen.port),
        None => format!("127.0.0.1:{}", listen.port),
    }
}

fn line(text: impl Into<std::borrow::Cow<'static, str>>) -> Vec<Part> {
    vec![Part::Text(text.into())]
}

/// Opens the ports of the sites that other machines can reach.
fn firewall(haproxy: &HaProxy, module: &mut Module) {
    let sites = haproxy.sites.iter().filter(|site| !site.listen.value.is_loopback());
    let ports: BTreeSet<u16> = sites.map(|site| site.listen.value.port).collect();
    if ports.is_empty() {
        return;
    }
    for interface in &haproxy.interfaces {
        let set = module.config.at(&["networking", "firewall", "interfaces"]).at_named(&interface.text);
        set.append("allowedTCPPorts", ports.iter().map(|port| Expr::Int(i64::from(*port))));
    }
}
