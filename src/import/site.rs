//! `--sites`: sites of homegen for what the labels of a proxy, its variables, or the published ports say.
//!
//! A proxy that says more than names and a port keeps its labels, and has a line in the report: a site without a rule that
//! restricts who reaches it would be worse than none.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Deserialize;

use super::{Context, Options};
use crate::data;
use crate::document::{Comments, Item, Map, Value};
use crate::project::{self, Node, Origin, Project, Service, ValueSource};
use crate::report::{Kind, Line, Path};

/// `data/compose-sites.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// The images of proxies.
    proxies: Vec<String>,
    /// The ports without HTTP.
    other: Vec<u16>,
}

/// The sites of a project.
#[derive(Debug, Default)]
pub(super) struct Sites {
    sites: Vec<Site>,
    /// The values that the sites replace.
    replaced: HashSet<Origin>,
}

#[derive(Debug)]
struct Site {
    /// The container.
    container: String,
    /// The names.
    hosts: Vec<String>,
    /// The port of the container.
    target: u16,
    /// The port of the host.
    port: u16,
}

/// The settings of a proxy for a service.
#[derive(Default)]
struct Wish<'a> {
    /// The names. Empty: the name of the container below the domain.
    hosts: Vec<String>,
    /// The values that say the names.
    named_by: Vec<&'a Node>,
    /// The port, with the value that says it.
    target: Option<(u16, &'a Node)>,
    /// Values that have no meaning without the proxy.
    rest: Vec<&'a Node>,
}

/// The result of reading the values for a proxy.
enum Read<'a> {
    /// No value is for a proxy.
    Nothing,
    /// The service has no site.
    Off(Vec<&'a Node>),
    /// The service has a site.
    Wish(Wish<'a>),
    /// The value says more than names and a port.
    Unclear(&'a Node, &'static str),
}

/// Kinds of middlewares that change no answer that matters: Caddy redirects to https and compresses by itself.
const HARMLESS: &[&str] = &["compress", "redirectscheme"];

const BEYOND: &str =
    "the proxy has more settings than names and a port: the labels stay, write the site by hand";

/// The proxies of a project, which the front of homegen replaces, each with its line in the report.
pub(super) fn proxies(project: &Project, options: &Options) -> HashMap<String, Vec<Line>> {
    let known: &Known = data::table!(Known, "compose-sites");
    let is_proxy = |service: &&Service| {
        let image = service.keys.get("image").and_then(Node::text).unwrap_or_default();
        let image = image.split('@').next().unwrap_or_default();
        let path = image.rfind('/').map_or(0, |at| at + 1);
        let name = &image[..image[path..].find(':').map_or(image.len(), |at| path + at)];
        known.proxies.iter().any(|one| name == one || name.ends_with(&format!("/{one}")))
    };
    let active = project.services.iter().filter(|service| options.sites.is_some() && service.is_active);
    let found = active.filter(is_proxy).map(|service| {
        let line = Line {
            origin: Some(service.origin),
            kind: Kind::Dropped,
            cause: "Caddy of homegen replaces the proxy: what its own files configure is not in the sites"
                .to_owned(),
            detail: Some(format!("the service `{}`", service.name)),
        };
        (service.name.clone(), vec![line])
    });
    found.collect()
}

/// Finds the sites, and accounts for the values that they replace.
pub(super) fn find(context: &mut Context) {
    let (project, options) = (context.project, context.options);
    let Some(domain) = &options.sites else { return };
    let domain = domain.to_ascii_lowercase();
    let written = || project.services.iter().filter(|one| context.names.contains_key(&one.name));
    let services: Vec<&Service> = written().collect();
    let middlewares = harmful_middlewares(&services);
    let mut taken: HashMap<u16, usize> = HashMap::new();
    for port in services.iter().flat_map(|service| tcp_ports(service)).filter_map(|port| port.published) {
        *taken.entry(port).or_insert(0) += 1;
    }
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut accounts: Vec<(Origin, usize, &str)> = Vec::new();
    for service in &services {
        let container = context.names[&service.name].clone();
        let wish = match read(service, &middlewares) {
            Read::Unclear(node, cause) => {
                context.ledger.line(Kind::OnTheHost, Some(node.origin), cause, None);
                continue;
            }
            Read::Off(nodes) => {
                for node in nodes {
                    context.sites.replaced.insert(node.origin);
                    context.ledger.changed(node.origin, "the proxy does not serve the container");
                }
                continue;
            }
            Read::Wish(wish) => Some(wish),
            Read::Nothing => None,
        };
        let asks = wish.is_some();
        let wish = wish.unwrap_or_default();
        if !has_own_network(project, service) {
            if let Some(node) = wish.named_by.first() {
                let cause =
                    "the container has no network of its own that the host reaches: write its site by hand";
                context.ledger.line(Kind::OnTheHost, Some(node.origin), cause, None);
            }
            continue;
        }
        let target = match wish.target {
            Some((target, _)) => Some(target),
            None => only_port(service, asks),
        };
        let Some(target) = target else {
            if let Some(node) = wish.named_by.first().or(wish.rest.first()) {
                let cause = "the port of the site is in the image: the labels stay, write the site by hand";
                context.ledger.line(Kind::OnTheHost, Some(node.origin), cause, None);
            } else if tcp_ports(service).nth(1).is_some()
                && let Some(node) = service.keys.get("ports")
            {
                context
                    .ledger
                    .changed(node.origin, "the container has several ports or none of HTTP: it has no site");
            }
            continue;
        };
        let mut hosts = wish.hosts.clone();
        if hosts.is_empty() {
            hosts.push(format!("{}.{domain}", context.full_name(&container)));
        }
        if let Some(twice) = hosts.iter().find(|host| names.contains(*host)) {
            let node = wish.named_by.first().map_or(service.origin, |node| node.origin);
            let detail = Some(format!("`{twice}`"));
            let cause = "two sites have one name: the second is not written";
            context.ledger.line(Kind::OnTheHost, Some(node), cause, detail);
            continue;
        }
        names.extend(hosts.iter().cloned());
        // The port that the site replaces.
        let own: Option<Published> =
            tcp_ports(service).find(|port| port.target == Some(target) && port.is_single);
        let before = own.as_ref().and_then(|port| port.published);
        if let Some(count) = before.and_then(|port| taken.get_mut(&port)) {
            *count -= 1;
        }
        let is_free = |port: &u16| *port >= 1024 && taken.get(port).is_none_or(|count| *count == 0);
        let first = if target >= 1024 { target } else { target + 8000 };
        let wanted = before.into_iter().chain(first..=u16::MAX).chain(1024..first);
        let Some(port) = wanted.into_iter().find(is_free) else { continue };
        *taken.entry(port).or_insert(0) += 1;
        let at = context.sites.sites.len();
        wish.named_by.iter().for_each(|node| accounts.push((node.origin, at, "name")));
        wish.target.iter().for_each(|(_, node)| accounts.push((node.origin, at, "to")));
        for node in wish.rest {
            context.sites.replaced.insert(node.origin);
            context.ledger.changed(node.origin, "Caddy of homegen replaces the proxy");
        }
        if let Some(own) = own {
            accounts.push((own.node.origin, at, "port"));
            let cause = "a site replaces a published port, which is on 127.0.0.1";
            let detail = Some(format!("https://{}", hosts[0]));
            context.ledger.line(Kind::Changed, Some(own.node.origin), cause, detail);
        }
        context.sites.sites.push(Site { container, hosts, target, port });
    }
    for (origin, at, key) in accounts {
        context.sites.replaced.insert(origin);
        let own = Path::of(&["services", &context.service]);
        let is_one = context.sites.sites.len() == 1;
        let site = if is_one { own.key("site") } else { own.key("sites").item(at) };
        let place = match key {
            "name" => site,
            "port" if is_one => own.key("port"),
            key => site.key(key),
        };
        context.ledger.mapped(origin, place);
    }
    front_ports(context, &services);
}

/// Ports 80 and 443 of the host are those of the front.
fn front_ports(context: &mut Context, services: &[&Service]) {
    if context.sites.sites.is_empty() {
        return;
    }
    for node in services.iter().flat_map(|service| service.keys.get("ports")).flat_map(Node::items) {
        let published = node.get("published").and_then(Node::text).unwrap_or_default();
        if matches!(&*published, "80" | "443") && context.sites.replaced.insert(node.origin) {
            let cause = "Caddy of homegen listens on the ports 80 and 443: the container cannot publish them";
            context.ledger.dropped(node.origin, cause);
        }
    }
}

impl Sites {
    /// True if a site replaces the value.
    pub(super) fn replace(&self, origin: Origin) -> bool {
        self.replaced.contains(&origin)
    }

    /// Writes the sites into the service `own`, and the front that serves them into a new file.
    pub(super) fn write(&self, options: &Options, own: &str, document: &mut Map) {
        let Some(domain) = options.sites.as_ref().filter(|_| !self.sites.is_empty()) else { return };
        let domain = domain.to_ascii_lowercase();
        let has_front = options.existing.as_ref().is_some_and(|existing| existing.has_front);
        if !has_front {
            let mut caddy = Map::default();
            caddy.push("domain", Value::text(&domain));
            caddy.push("bind", Value::text("all"));
            caddy.push("tls", Value::text("internal"));
            let note = |text: &str| Comments { beside: Some(text.to_owned()), ..Comments::default() };
            caddy.entries[1].comments = note("import: the addresses of the host on which the sites answer");
            caddy.entries[2].comments =
                note("import: Caddy signs the certificates itself; without `tls` a public authority does");
            document.set("caddy", Value::Map(caddy));
        }
        let is_one = self.sites.len() == 1;
        let sites = self.sites.iter().map(|site| {
            let mut map = Map::default();
            let (first, others) = site.hosts.split_first().expect("a site has a name");
            match first.strip_suffix(&domain).and_then(|rest| rest.strip_suffix('.')) {
                Some(subdomain) if !has_front && !subdomain.is_empty() => {
                    map.push("subdomain", Value::text(subdomain));
                }
                _ => map.push("host", Value::text(first)),
            }
            if !others.is_empty() {
                let others = others.iter().map(|host| Item::from(Value::text(host)));
                map.push("aliases", Value::List(others.collect()));
            }
            map.push("to", Value::text(format!("{}:{}", site.container, site.target)));
            if !is_one {
                map.push("port", Value::Plain(site.port.to_string()));
            }
            Value::Map(map)
        });
        let mut sites: Vec<Value> = sites.collect();
        let service = document.map("services").map(own);
        let containers = std::mem::take(&mut service.entries);
        if is_one {
            service.push("port", Value::Plain(self.sites[0].port.to_string()));
            service.push("site", sites.remove(0));
        } else {
            service.push("sites", Value::List(sites.into_iter().map(Item::from).collect()));
        }
        service.entries.extend(containers);
    }
}

/// A published TCP port.
struct Published<'a> {
    node: &'a Node,
    target: Option<u16>,
    published: Option<u16>,
    /// No other port is from the same value of the file.
    is_single: bool,
}

/// The published TCP ports of a service.
fn tcp_ports(service: &Service) -> impl Iterator<Item = Published<'_>> {
    let items = service.keys.get("ports").map_or(&[][..], Node::items);
    let mut counts: HashMap<Origin, usize> = HashMap::new();
    items.iter().for_each(|item| *counts.entry(item.origin).or_insert(0) += 1);
    let text = |item: &Node, key: &str| item.get(key).and_then(Node::text).unwrap_or_default().into_owned();
    let is_tcp = move |item: &&Node| matches!(text(item, "protocol").to_lowercase().as_str(), "" | "tcp");
    items.iter().filter(is_tcp).map(move |node| Published {
        node,
        target: text(node, "target").parse().ok(),
        published: text(node, "published").parse().ok(),
        is_single: counts[&node.origin] == 1,
    })
}

/// The port of a service whose proxy has no port for it: the only port, with HTTP unless the proxy has a name for it.
fn only_port(service: &Service, asks: bool) -> Option<u16> {
    let known: &Known = data::table!(Known, "compose-sites");
    let mut ports: BTreeSet<u16> = tcp_ports(service).filter_map(|port| port.target).collect();
    if asks {
        let exposed = service.keys.get("expose").map_or(&[][..], Node::items).iter();
        ports.extend(exposed.filter_map(|item| item.text()?.trim_end_matches("/tcp").parse::<u16>().ok()));
    }
    if !asks || ports.len() > 1 {
        ports.retain(|port| !known.other.contains(port));
    }
    (ports.len() == 1).then(|| ports.first().copied()).flatten().filter(|port| *port != 0)
}

/// True if the host reaches the ports of a container.
fn has_own_network(project: &Project, service: &Service) -> bool {
    let mode = service.keys.get("network_mode").and_then(Node::text);
    if mode.is_some_and(|mode| !matches!(&*mode, "bridge" | "default")) {
        return false;
    }
    let is_internal = |network: &str| {
        let internal = project.networks.get(network).and_then(|node| node.get("internal"));
        internal.and_then(Node::text).as_deref() == Some("true")
    };
    let mut networks = service.keys.get("networks").into_iter().flat_map(Node::entries).peekable();
    match networks.peek() {
        Some(_) => networks.any(|(network, _)| !is_internal(network)),
        None => !is_internal("default"),
    }
}

/// The text of a value all of whose variables are set.
fn complete(node: &Node) -> Option<String> {
    let project::Kind::Scalar(scalar) = &node.kind else { return None };
    let is_unset = |part: &project::Part| match part {
        project::Part::Variable(one) => matches!(one.source, ValueSource::Unset | ValueSource::Required(_)),
        project::Part::Text(_) => false,
    };
    (!scalar.parts.iter().any(is_unset)).then(|| scalar.value().trim().to_owned())
}

/// The middlewares that the labels of the project define and that may restrict who reaches a site.
fn harmful_middlewares(services: &[&Service]) -> HashMap<String, bool> {
    let mut found = HashMap::new();
    for (label, _) in services.iter().filter_map(|one| one.keys.get("labels")).flat_map(Node::entries) {
        let lower = label.to_ascii_lowercase();
        let mut words = lower.strip_prefix("traefik.http.middlewares.").unwrap_or_default().split('.');
        if let (Some(name), Some(kind)) = (words.next(), words.next()) {
            *found.entry(name.to_owned()).or_insert(false) |= !HARMLESS.contains(&kind);
        }
    }
    found
}

/// Reads the settings of the service for a proxy.
fn read<'a>(service: &'a Service, middlewares: &HashMap<String, bool>) -> Read<'a> {
    let labels = service.keys.get("labels");
    let labels: Vec<(&String, &Node)> = labels.into_iter().flat_map(Node::entries).collect();
    if labels.iter().any(|(name, _)| name.to_ascii_lowercase().starts_with("traefik.")) {
        return traefik(&labels, middlewares);
    }
    if labels
        .iter()
        .any(|(name, _)| *name == "caddy" || name.starts_with("caddy.") || name.starts_with("caddy_"))
    {
        return caddy(&labels);
    }
    nginx(service)
}

fn traefik<'a>(labels: &[(&'a String, &'a Node)], middlewares: &HashMap<String, bool>) -> Read<'a> {
    let mut wish = Wish::default();
    let own = labels.iter().map(|(name, node)| (name.to_ascii_lowercase(), *node));
    let own: Vec<(String, &Node)> = own.filter(|(name, _)| name.starts_with("traefik.")).collect();
    let is_off =
        |(name, node): &(String, &Node)| name == "traefik.enable" && node.text().as_deref() == Some("false");
    if own.iter().any(is_off) {
        return Read::Off(own.into_iter().map(|(_, node)| node).collect());
    }
    for (name, node) in own {
        let words: Vec<&str> = name.split('.').skip(1).collect();
        let Some(text) = complete(node) else { return Read::Unclear(node, BEYOND) };
        match words.as_slice() {
            ["http", "routers", _, "rule"] => {
                let Some(hosts) = hosts_of_rule(&text) else { return Read::Unclear(node, BEYOND) };
                wish.named_by.push(node);
                for host in hosts.into_iter().filter(|host| !wish.hosts.contains(host)).collect::<Vec<_>>() {
                    wish.hosts.push(host);
                }
            }
            ["http", "services", _, "loadbalancer", "server", "port"] => {
                let Ok(port) = text.parse() else { return Read::Unclear(node, BEYOND) };
                match wish.target {
                    Some((known, _)) if known != port => return Read::Unclear(node, BEYOND),
                    Some(_) => wish.rest.push(node),
                    None => wish.target = Some((port, node)),
                }
            }
            ["http", "routers", _, "middlewares"] => {
                let name = |one: &str| one.trim().split('@').next().unwrap_or_default().to_ascii_lowercase();
                if text.split(',').any(|one| middlewares.get(&name(one)) != Some(&false)) {
                    let cause = "a middleware of the proxy may decide who reaches the site: the labels stay, write the site by hand";
                    return Read::Unclear(node, cause);
                }
                wish.rest.push(node);
            }
            ["http", "services", _, "loadbalancer", "server", "scheme"] if text == "http" => {
                wish.rest.push(node)
            }
            ["http", "middlewares", _, kind, ..] if HARMLESS.contains(kind) => wish.rest.push(node),
            ["http", "middlewares", ..] => {}
            ["enable"]
            | ["docker", "network"]
            | ["http", "routers", _, "entrypoints" | "service" | "tls" | "priority"]
            | ["http", "routers", _, "tls", ..]
            | ["http", "services", _, "loadbalancer", "passhostheader"] => wish.rest.push(node),
            _ => return Read::Unclear(node, BEYOND),
        }
    }
    match wish.named_by.is_empty() && wish.target.is_none() && wish.rest.is_empty() {
        true => Read::Nothing,
        false => Read::Wish(wish),
    }
}

/// The names of a rule that has only names: ``Host(`a.example.org`) || Host(`b.example.org`, `c.example.org`)``.
fn hosts_of_rule(rule: &str) -> Option<Vec<String>> {
    let mut hosts = Vec::new();
    for part in rule.split("||") {
        let names = part.trim().strip_prefix("Host(")?.strip_suffix(')')?;
        for name in names.split(',') {
            let name = name.trim();
            let quoted = |quote: char| name.strip_prefix(quote).and_then(|name| name.strip_suffix(quote));
            hosts.push(host(quoted('`').or_else(|| quoted('"'))?)?);
        }
    }
    Some(hosts)
}

/// The name of a site in small letters, if it is one.
fn host(name: &str) -> Option<String> {
    let name = name.trim().to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_address = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    (name.len() <= 253 && name.contains('.') && !is_address && name.split('.').all(is_label)).then_some(name)
}

/// Labels of caddy-docker-proxy: https://github.com/lucaslorentz/caddy-docker-proxy#labels-to-caddyfile-conversion
fn caddy<'a>(labels: &[(&'a String, &'a Node)]) -> Read<'a> {
    let mut wish = Wish::default();
    let is_own = |name: &str| name == "caddy" || name.starts_with("caddy.") || name.starts_with("caddy_");
    for (name, node) in labels.iter().filter(|(name, _)| is_own(name)) {
        let Some(text) = complete(node) else { return Read::Unclear(node, BEYOND) };
        match name.as_str() {
            "caddy" => {
                let names = text.split([',', ' ']).filter(|name| !name.is_empty());
                let hosts: Option<Vec<String>> = names.map(host).collect();
                let Some(hosts) = hosts.filter(|hosts| !hosts.is_empty()) else {
                    return Read::Unclear(node, BEYOND);
                };
                hosts.into_iter().for_each(|host| wish.hosts.push(host));
                wish.named_by.push(node);
            }
            "caddy.reverse_proxy" => {
                let inside = text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
                let words: Vec<&str> = inside.unwrap_or_default().split_whitespace().collect();
                match words.as_slice() {
                    ["upstreams"] => wish.rest.push(node),
                    ["upstreams", port] | ["upstreams", "http", port] => match port.parse() {
                        Ok(port) => wish.target = Some((port, node)),
                        Err(_) => return Read::Unclear(node, BEYOND),
                    },
                    _ => return Read::Unclear(node, BEYOND),
                }
            }
            "caddy.tls" if text == "internal" => wish.rest.push(node),
            _ => return Read::Unclear(node, BEYOND),
        }
    }
    if wish.named_by.is_empty() { Read::Nothing } else { Read::Wish(wish) }
}

/// Variables of nginx-proxy: https://github.com/nginx-proxy/nginx-proxy/tree/main/docs
fn nginx(service: &Service) -> Read<'_> {
    let mut wish = Wish::default();
    let variables = || service.keys.get("environment").into_iter().flat_map(Node::entries);
    if !variables().any(|(name, _)| name == "VIRTUAL_HOST") {
        return Read::Nothing;
    }
    for (name, node) in variables() {
        let is_own = name.starts_with("VIRTUAL_") || name.starts_with("LETSENCRYPT_");
        if !is_own {
            continue;
        }
        let Some(text) = complete(node) else { return Read::Unclear(node, BEYOND) };
        match name.as_str() {
            "VIRTUAL_HOST" => {
                let hosts: Option<Vec<String>> = text.split(',').map(host).collect();
                let Some(hosts) = hosts else { return Read::Unclear(node, BEYOND) };
                wish.hosts = hosts;
                wish.named_by.push(node);
            }
            "VIRTUAL_PORT" => match text.parse() {
                Ok(port) => wish.target = Some((port, node)),
                Err(_) => return Read::Unclear(node, BEYOND),
            },
            "VIRTUAL_PROTO" if text == "http" => wish.rest.push(node),
            "LETSENCRYPT_HOST" | "LETSENCRYPT_EMAIL" => wish.rest.push(node),
            _ => return Read::Unclear(node, BEYOND),
        }
    }
    Read::Wish(wish)
}
