//! Sites: their names, and what is behind them.

use std::collections::{HashMap, HashSet};

use super::container::ServiceSites;
use crate::ast;
use crate::ast::Caddy;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Answer, Front, HEADERS, HostPort, Service, Site, SitePort};
use crate::source::SourceId;
use crate::tree::{Target, Text};

/// Gathers the sites of all services behind the front, and publishes the ports that they need.
pub(super) fn link(
    caddy: Option<Caddy>,
    tailnet: Option<&str>,
    sites: Vec<ServiceSites>,
    services: &mut [Service],
    diagnostics: &mut Diagnostics,
) -> Option<Front> {
    let Some(mut caddy) = caddy else {
        if let Some(site) = sites.iter().flat_map(|s| &s.sites).next() {
            diagnostics.push(
                Diagnostic::new(
                    Code::FrontMissing,
                    "a site, and no Caddy to serve it",
                    site.span,
                    "nobody would answer",
                )
                .help(match site.span.source {
                    SourceId::FILE => "add `caddy: { domain: …, bind: tailscale }`",
                    _ => "add `caddy: { domain: …, bind: tailscale }`, or write `site: ~` and publish the port under `ports` of the container",
                }),
            );
        }
        return None;
    };
    bind_the_tailnet(&mut caddy, tailnet, diagnostics);
    if let Some(ast::Tls::Plugin(plugin)) = &caddy.tls {
        check_value(&plugin.acme_dns, diagnostics);
    }
    check_extra(caddy.extra.as_ref(), diagnostics);
    check_extra(caddy.global.as_ref(), diagnostics);
    check_values(&caddy.headers, diagnostics);
    check_snippet(&caddy, diagnostics);
    let own = std::mem::take(&mut caddy.sites);
    let mut linked: Vec<Site> =
        own.into_iter().filter_map(|site| link_one(site, None, &caddy, diagnostics)).collect();
    for of_service in sites {
        let mut owner = Owner::of(&mut services[of_service.service]);
        for site in of_service.sites {
            linked.extend(link_one(site, Some(&mut owner), &caddy, diagnostics));
        }
    }
    Some(Front { tells: super::notify::tells(caddy.notify), declared: caddy, sites: linked })
}

/// An address of the tailnet that is written out is waited for all the same.
fn bind_the_tailnet(caddy: &mut Caddy, tailnet: Option<&str>, diagnostics: &mut Diagnostics) {
    let ast::Bind::On { addresses, .. } = &caddy.bind.value else { return };
    let Some(address) = addresses.iter().find(|a| Some(a.value().as_str()) == tailnet) else { return };
    if addresses.len() == 1 {
        caddy.bind.value = ast::Bind::Tailscale;
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::BadValue,
            "the tailnet's address among others",
            address.span,
            "is there later than the others",
        )
        .help("bind to `tailscale` alone, or to interfaces: `bind: [tailscale0, …]`"),
    );
}

/// The service whose sites are linked, and what each site asks about the service.
struct Owner<'a> {
    service: &'a mut Service,
    /// The places of its containers, by their names in it and on the host.
    containers: HashMap<String, usize>,
    /// The place of a container's port behind a site among its `site_ports`, by the container and the port on the host:
    /// none is the service's own port.
    behind: HashMap<(usize, Option<String>), usize>,
    /// The ports of containers that `ports` publishes as the service's own port.
    published: HashSet<(usize, String)>,
}

impl<'a> Owner<'a> {
    fn of(service: &'a mut Service) -> Owner<'a> {
        let mut containers = HashMap::new();
        let mut published = HashSet::new();
        let own = Target::Port(service.name.clone());
        for (place, container) in service.containers.iter().enumerate() {
            for name in [&container.short, &container.name] {
                containers.entry(name.clone()).or_insert(place);
            }
            let ports = container.compose.ports.iter();
            let ports = ports.filter(|port| port.published.reference().is_some_and(|r| r.target == own));
            published.extend(ports.map(|port| (place, port.target.value())));
        }
        Owner { service, containers, behind: HashMap::new(), published }
    }
}

fn link_one(
    site: ast::Site,
    owner: Option<&mut Owner>,
    caddy: &Caddy,
    diagnostics: &mut Diagnostics,
) -> Option<Site> {
    check_extra(site.extra.as_ref(), diagnostics);
    check_values(&site.headers, diagnostics);
    // What is missing may be what could not be read.
    if diagnostics.has_error_in(site.span) {
        return None;
    }
    let (host, below_domain) = match (&site.host, &site.subdomain, &caddy.domain) {
        (Some(host), None, domain) => {
            let below = domain
                .as_ref()
                .is_some_and(|d| host.value() == d.value() || one_label_below(&host.value(), &d.value()));
            (host.0.clone(), below)
        }
        (None, Some(subdomain), Some(domain)) => {
            if let Some(help) = without_domain(&subdomain.value(), &domain.value()) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BadSite,
                        format!("the name would be `{}.{}`", subdomain.value(), domain.value()),
                        subdomain.0.span,
                        "has the domain already",
                    )
                    .and(domain.0.span, "and this is put behind it")
                    .help(help),
                );
                return None;
            }
            let host = Text::join(&[subdomain.0.clone(), domain.0.clone()], ".", subdomain.0.span);
            (host, !subdomain.value().contains('.'))
        }
        (None, Some(subdomain), None) => {
            diagnostics.push(
                Diagnostic::new(Code::BadSite, "a subdomain of no domain", subdomain.0.span, "below what?")
                    .help("add `domain` under `caddy`, or write the whole name as `host`"),
            );
            return None;
        }
        (host, _, _) => {
            let said = if host.is_some() { "has both a `host` and a `subdomain`" } else { "has no name" };
            diagnostics.push(
                Diagnostic::new(Code::BadSite, format!("a site that {said}"), site.span, "this site")
                    .help("give it either a `subdomain` or a `host`"),
            );
            return None;
        }
    };
    let option = owner.as_ref().map(|owner| owner.service.option.clone());
    let answer = match (&site.to, &site.redirect) {
        (Some(to), None) => upstream(to, &site, owner, diagnostics)?,
        (None, Some(redirect)) => {
            check_value(redirect, diagnostics);
            Answer::Redirect(redirect.clone())
        }
        (None, None) if site.extra.is_some() => Answer::Lines,
        _ => {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    "a site answers in one way",
                    site.span,
                    "either forwards or redirects",
                )
                .help("give it `to: \"container:port\"`, or `redirect: https://…`"),
            );
            return None;
        }
    };
    Some(Site { host, service: option, answer, declared: site, below_domain })
}

/// What `to` leads to: a container's port through one on the host, or an address.
fn upstream(
    to: &ast::caddy::Upstream,
    site: &ast::Site,
    owner: Option<&mut Owner>,
    diagnostics: &mut Diagnostics,
) -> Option<Answer> {
    let name = to.host.value();
    let elsewhere = || Answer::Upstream { address: to.host.clone(), port: to.port.clone() };
    if name.parse::<std::net::IpAddr>().is_ok() {
        return Some(elsewhere());
    }
    let Some(owner) = owner else {
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                format!("`{name}` is no address"),
                to.span,
                "a site of no service has no containers",
            )
            .help("write an address, or move the site to its service"),
        );
        return None;
    };
    let service = &mut *owner.service;
    // What could not be read may be that container.
    if service.containers.is_empty() && diagnostics.has_unreadable_in(service.body) {
        return None;
    }
    let Some(&place) = owner.containers.get(&name) else {
        let names = service.containers.iter().map(|c| c.short.as_str());
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                format!("the service has no container `{name}`"),
                to.span,
                "unknown container",
            )
            .help(match service.containers.is_empty() {
                true => format!("write `127.0.0.1:{}`, if it listens on the host", to.port.value()),
                false => diagnostics.suggestion(&name, names),
            }),
        );
        return None;
    };
    let container = &mut service.containers[place];
    match &container.compose.network_mode {
        None => {}
        Some(ast::NetworkMode::Host) => return Some(Answer::Port(HostPort::Fixed(to.port.clone()))),
        Some(mode) => {
            let help = match mode {
                ast::NetworkMode::Container(other) => {
                    format!("forward to `{}`, whose network it shares", other.value())
                }
                _ => "take `network_mode` out".to_owned(),
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    format!("`{name}` has no ports of its own"),
                    to.span,
                    "forwards to a container with `network_mode`",
                )
                .and(container.span, "this container")
                .help(help),
            );
            return None;
        }
    }
    site.port.iter().for_each(|port| super::check_port(port, diagnostics));
    let host = match (&site.port, &service.port) {
        (Some(port), _) => HostPort::Fixed(port.text.clone()),
        (None, Some(_)) => HostPort::Service(service.name.clone()),
        (None, None) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::PortWithoutService,
                    "a site needs a port on the host behind it",
                    to.span,
                    "forwards to a container",
                )
                .and(service.span, "this service has no `port`")
                .help("give the service a `port`, such as the container's own"),
            );
            return None;
        }
    };
    let own = match &host {
        HostPort::Service(_) => None,
        HostPort::Fixed(port) => Some(port.value()),
    };
    let is_published = own.is_none() && owner.published.contains(&(place, to.port.value()));
    let behind = owner.behind.get(&(place, own.clone())).map(|at| &container.site_ports[*at]);
    if let Some(other) = behind.filter(|other| other.target.value() != to.port.value()) {
        diagnostics.push(
            Diagnostic::new(
                Code::PortWithoutService,
                "two sites need two ports on the host",
                to.span,
                "this one has the service's port",
            )
            .and(other.target.span, "and so has this one")
            .help("give one of the sites a `port` of its own"),
        );
        return None;
    }
    if !is_published && behind.is_none() {
        owner.behind.insert((place, own), container.site_ports.len());
        container.site_ports.push(SitePort { host: host.clone(), target: to.port.clone() });
    }
    Some(Answer::Port(host))
}

/// What to write in place of a subdomain that is a whole name.
fn without_domain(subdomain: &str, domain: &str) -> Option<String> {
    if subdomain == domain {
        return Some(format!("write `host: {domain}`"));
    }
    let meant = subdomain.strip_suffix(domain)?.strip_suffix('.')?;
    Some(format!("write `subdomain: {meant}`"))
}

fn one_label_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).and_then(|h| h.strip_suffix('.')).is_some_and(|label| !label.contains('.'))
}

/// Lines of a Caddyfile go where they are put: braces that do not match would end the site early.
fn check_extra(lines: Option<&Text>, diagnostics: &mut Diagnostics) {
    let Some(text) = lines else { return };
    let mut depth = 0i32;
    let mut lowest = 0;
    for token in text.value().split_whitespace() {
        match token {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        lowest = lowest.min(depth);
    }
    if depth != 0 || lowest < 0 {
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                "braces that do not match",
                text.span,
                "would end the block around it",
            )
            .help("close every `{` with a `}` on a line of its own"),
        );
    }
}

fn check_values(headers: &ast::Pairs, diagnostics: &mut Diagnostics) {
    for (name, value) in &headers.0 {
        if !name.value().bytes().all(|b| b.is_ascii_alphanumeric() || b"-+?>_".contains(&b))
            || name.value().is_empty()
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    format!("`{}` is no header", name.value()),
                    name.span,
                    "not a header's name",
                )
                .help("use letters, digits and hyphens; a leading `-` takes a header away"),
            );
        }
        check_value(value, diagnostics);
    }
}

/// Inside of a snippet Caddy replaces `{args[0]}` and `{block}`, and one name is one snippet
/// (<https://caddyserver.com/docs/caddyfile/directives/import>).
fn check_snippet(caddy: &Caddy, diagnostics: &mut Diagnostics) {
    for (_, value) in &caddy.headers.0 {
        let text = value.value();
        if text.contains("{args") || text.contains("{block") {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    "a value that Caddy would not take as it is",
                    value.span,
                    "holds `{args` or `{block`, which `import` replaces",
                )
                .help("write the header under the `extra` of each site"),
            );
        }
    }
    let declared = format!("({HEADERS})");
    if let Some(extra) = caddy.extra.as_ref().filter(|extra| extra.value().contains(&declared)) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                format!("the snippet `{HEADERS}` is homegen's own"),
                extra.span,
                format!("contains `{declared}`"),
            )
            .help("give your snippet another name"),
        );
    }
}

/// What Caddy would read as more than text: `{$NAME}` is replaced before anything else is read.
fn check_value(text: &Text, diagnostics: &mut Diagnostics) {
    let value = text.value();
    if value.contains("{$") || value.contains('`') || value.chars().any(char::is_control) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                "a value that Caddy would not take as it is",
                text.span,
                "holds `{$`, a backtick or a control character",
            )
            .help("take it out, or write the directive under `extra`"),
        );
    }
}
