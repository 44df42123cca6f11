//! Sites: their names, and what is behind them.

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

use super::container::ServiceSites;
use crate::ast::{self, Caddy};
use crate::caddyfile::{self, Place};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Protocol;
use crate::hir::{Answer, Front, HEADERS, HostPort, Service, Site, SitePort};
use crate::setting;
use crate::source::{SourceId, Span};
use crate::tree::{Target, Text};
use crate::word::is_word;

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
        for of_service in &sites {
            services[of_service.service].has_broken_site = true;
            let owner = Owner::of(&mut services[of_service.service]);
            for to in of_service.sites.iter().filter_map(|site| site.to.as_ref()) {
                place_of(to, Some(&owner), diagnostics);
            }
        }
        return None;
    };
    bind_the_tailnet(&mut caddy, tailnet, diagnostics);
    if let Some(setting::Tls::Plugin(plugin)) = &caddy.tls {
        check_value(&plugin.acme_dns, diagnostics);
        check_lines(Some(&plugin.acme_dns), Place::Block, diagnostics);
        plugin.plugins.iter().for_each(|name| check_plugin(name, diagnostics));
    }
    check_lines(caddy.extra.as_ref(), Place::TopLevel, diagnostics);
    check_lines(caddy.global.as_ref(), Place::Block, diagnostics);
    check_values(&caddy.headers, diagnostics);
    check_snippet(&caddy, diagnostics);
    let own = std::mem::take(&mut caddy.sites);
    let mut linked: Vec<Site> =
        own.into_iter().filter_map(|site| link_one(site, None, &caddy, diagnostics)).collect();
    for of_service in sites {
        let mut owner = Owner::of(&mut services[of_service.service]);
        for site in of_service.sites {
            match link_one(site, Some(&mut owner), &caddy, diagnostics) {
                Some(site) => linked.push(site),
                None => owner.service.has_broken_site = true,
            }
        }
        publish_once(&mut services[of_service.service]);
    }
    check_circles(&linked, diagnostics);
    Some(Front {
        tells: super::notify::tells(caddy.notify),
        sites: linked,
        span: caddy.span,
        unread: caddy.unread,
        domain: caddy.domain,
        bind: caddy.bind,
        tls: caddy.tls,
        headers: caddy.headers,
        global: caddy.global,
        extra: caddy.extra,
    })
}

/// `8096:8096` beside a site on the same port is the same publication, which the option of the site's port moves.
fn publish_once(service: &mut Service) {
    let own = service.port.as_ref().map(|port| port.text.value());
    for container in service.containers.iter_mut().filter(|c| !c.site_ports.is_empty()) {
        let behind: HashSet<(Option<String>, String)> = container
            .site_ports
            .iter()
            .map(|port| {
                let host = match &port.host {
                    HostPort::Fixed(text) => Some(text.value()),
                    HostPort::Service(_) => own.clone(),
                };
                (host, port.target.value())
            })
            .collect();
        container.settings.ports.retain(|port| {
            let loopback = port.address.value.0 == Ipv4Addr::LOCALHOST;
            let tcp = port.protocol.value == Protocol::Tcp;
            let same = behind.contains(&(Some(port.published.text.value()), port.target.text.value()));
            !(loopback && tcp && same && port.published.text.reference().is_none())
        });
    }
}

/// An address of the tailnet that is written out is waited for all the same.
fn bind_the_tailnet(caddy: &mut Caddy, tailnet: Option<&str>, diagnostics: &mut Diagnostics) {
    let setting::Bind::On { addresses, .. } = &caddy.bind.value else { return };
    let Some(address) = addresses.iter().find(|a| Some(a.text.value().as_str()) == tailnet) else { return };
    if addresses.len() == 1 {
        caddy.bind.value = setting::Bind::Tailscale;
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::BadValue,
            "the tailnet's address among others",
            address.span(),
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
            let ports = container.settings.ports.iter();
            let ports = ports.filter(|port| port.published.text.reference().is_some_and(|r| r.target == own));
            published.extend(ports.map(|port| (place, port.target.text.value())));
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
    let is_unread = site.unread.may_hold(&["host", "subdomain", "to", "redirect"]);
    check_lines(site.extra.as_ref(), Place::Block, diagnostics);
    check_values(&site.headers, diagnostics);
    let Some((host, below_domain)) = name_of(&site, caddy, is_unread, diagnostics) else {
        // The container is another mistake than the name.
        site.to.as_ref().and_then(|to| place_of(to, owner.as_deref(), diagnostics));
        return None;
    };
    let option = owner.as_ref().map(|owner| owner.service.option.clone());
    let answer = match (&site.to, &site.redirect) {
        (Some(to), None) => upstream(to, &site, owner, diagnostics)?,
        (None, Some(redirect)) => {
            let aliases = site.aliases.iter().map(|alias| alias.text.value());
            let names: Vec<String> =
                std::iter::once(host.value()).chain(aliases).map(|name| name.to_lowercase()).collect();
            check_redirect(redirect, &names, diagnostics);
            Answer::Redirect(redirect.clone())
        }
        (None, None) if site.extra.is_some() => Answer::Lines,
        (None, None) if is_unread => return None,
        (to, _) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    "a site answers in one way",
                    site.span,
                    "either forwards or redirects",
                )
                .help("give it `to: \"container:port\"`, or `redirect: https://…`"),
            );
            to.as_ref().and_then(|to| place_of(to, owner.as_deref(), diagnostics));
            return None;
        }
    };
    Some(Site {
        host,
        service: option,
        answer,
        aliases: site.aliases,
        port: site.port,
        headers: site.headers,
        extra: site.extra,
        below_domain,
    })
}

/// The name of a site, and whether it is one label below the domain.
fn name_of(
    site: &ast::Site,
    caddy: &Caddy,
    is_unread: bool,
    diagnostics: &mut Diagnostics,
) -> Option<(Text, bool)> {
    Some(match (&site.host, &site.subdomain, &caddy.domain) {
        (Some(host), None, domain) => {
            let below = domain.as_ref().is_some_and(|d| {
                host.text.value() == d.text.value() || one_label_below(&host.text.value(), &d.text.value())
            });
            (host.text.clone(), below)
        }
        (None, Some(subdomain), Some(domain)) => {
            if let Some(help) = without_domain(&subdomain.text.value(), &domain.text.value()) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BadSite,
                        format!("the name would be `{}.{}`", subdomain.text.value(), domain.text.value()),
                        subdomain.text.span,
                        "has the domain already",
                    )
                    .and(domain.text.span, "and this is put behind it")
                    .help(help),
                );
                return None;
            }
            let host = Text::join(&[subdomain.text.clone(), domain.text.clone()], ".", subdomain.text.span);
            (host, !subdomain.text.value().contains('.'))
        }
        // What stands for an unreadable `caddy` has no domain.
        (None, Some(_), None) if caddy.span == Span::NOWHERE => return None,
        (None, Some(subdomain), None) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    "a subdomain of no domain",
                    subdomain.text.span,
                    "`caddy` has no `domain`",
                )
                .help("add `domain` under `caddy`, or write the whole name as `host`")
                .once(),
            );
            return None;
        }
        (None, _, _) if is_unread => return None,
        (host, _, _) => {
            let said = if host.is_some() { "has both a `host` and a `subdomain`" } else { "has no name" };
            diagnostics.push(
                Diagnostic::new(Code::BadSite, format!("a site that {said}"), site.span, "this site")
                    .help("give it either a `subdomain` or a `host`"),
            );
            return None;
        }
    })
}

/// What `to` leads to: a container's port through one on the host, or an address.
fn upstream(
    to: &ast::Upstream,
    site: &ast::Site,
    owner: Option<&mut Owner>,
    diagnostics: &mut Diagnostics,
) -> Option<Answer> {
    let name = to.host.value();
    let elsewhere = || Answer::Upstream { address: to.host.clone(), port: to.port.clone() };
    if name.parse::<std::net::IpAddr>().is_ok() {
        return Some(elsewhere());
    }
    let place = place_of(to, owner.as_deref(), diagnostics)?;
    let owner = owner?;
    let service = &mut *owner.service;
    let container = &mut service.containers[place];
    match &container.network_mode {
        None => {}
        Some(setting::NetworkMode::Host(_)) => return Some(Answer::Port(HostPort::Fixed(to.port.clone()))),
        Some(mode) => {
            let help = match mode {
                setting::NetworkMode::Container(other) => {
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

/// The container that `to` names, unless it is an address.
fn place_of(to: &ast::Upstream, owner: Option<&Owner>, diagnostics: &mut Diagnostics) -> Option<usize> {
    let name = to.host.value();
    if name.parse::<std::net::IpAddr>().is_ok() {
        return None;
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
    let service = &*owner.service;
    let place = owner.containers.get(&name).copied();
    if place.is_none() && service.may_have_container(&name) {
        return None;
    }
    if place.is_none() {
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
    }
    place
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

/// Lines of a Caddyfile stay in the block that they are put into.
fn check_lines(lines: Option<&Text>, place: Place, diagnostics: &mut Diagnostics) {
    let Some(text) = lines else { return };
    if let Some(fault) = caddyfile::fault(&text.value(), place) {
        let (message, help) = fault.describe();
        diagnostics.push(
            Diagnostic::new(Code::BadSite, message, text.span, "Caddy would refuse its whole configuration")
                .help(help),
        );
    }
}

/// NixOS puts the names of plugins into a build script without quotes (`withPlugins` of the package caddy).
fn check_plugin(name: &Text, diagnostics: &mut Diagnostics) {
    if !is_word(&name.value(), b"/._~@+=-") {
        diagnostics.push(
            Diagnostic::new(
                Code::BadTls,
                format!("`{}` is not a valid plugin", name.value()),
                name.span,
                "expected a Go module and its version",
            )
            .help("write it as in github.com/caddy-dns/cloudflare@v0.2.2"),
        );
    }
}

fn check_values(headers: &setting::Pairs, diagnostics: &mut Diagnostics) {
    for (name, value) in &headers.0 {
        let written = name.value();
        // Operations of Caddy's directive `header`.
        let field = written.strip_prefix(['-', '+', '?', '>']).unwrap_or(&written);
        if !is_word(field, b"-_") {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    format!("`{written}` is not a valid header name"),
                    name.span,
                    "expected letters, digits and hyphens",
                )
                .help("use letters, digits and hyphens; a leading `-` removes the header"),
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

/// Text that Caddy would not read as one plain token: it replaces `{$NAME}` before anything else, and takes a token
/// that is one brace for a block.
fn check_value(text: &Text, diagnostics: &mut Diagnostics) {
    let value = text.value();
    let label = if caddyfile::is_brace(&value) {
        "Caddy reads one brace as the start or end of a block, in quotes too"
    } else if value.contains("{$") || value.contains('`') || value.chars().any(char::is_control) {
        "contains `{$`, a backtick or a control character"
    } else {
        return;
    };
    diagnostics.push(
        Diagnostic::new(Code::BadSite, "a value that Caddy does not take as plain text", text.span, label)
            .help("remove it, or write the directive under `extra`"),
    );
}

/// A redirect leads to an address of another site: Caddy redirects before it does anything else, so that one to
/// the same site would never end.
fn check_redirect(to: &Text, names: &[String], diagnostics: &mut Diagnostics) {
    check_value(to, diagnostics);
    let value = to.value();
    let (title, label, help) = if value.is_empty() || value.contains(char::is_whitespace) {
        let help = "write a whole address, with %20 for a space".to_owned();
        ("a redirect to an address that is not valid", "empty, or with a space", help)
    } else if leads_to(&value, names) {
        let name = names.first().map_or("example.org", String::as_str);
        let help = match value.starts_with('/') {
            true => format!("write the path under `extra`: `redir / {value} permanent`, with `to` beside it"),
            // Without a scheme, Caddy takes the name of a site for a path.
            false if !leads_to(&format!("https://{value}"), names) && is_name_of_site(&value) => {
                format!("write `https://{value}`")
            }
            false => format!("write an address of another site than {name}"),
        };
        ("a redirect to its own site never ends", "leads to the same site again", help)
    } else {
        return;
    };
    diagnostics.push(Diagnostic::new(Code::BadSite, title, to.span, label).help(help));
}

/// Whether an address begins with the name of a site.
fn is_name_of_site(address: &str) -> bool {
    let name = address.split(['/', '?', '#', '{']).next().unwrap_or_default();
    name.contains('.') && is_word(name, b".-")
}

/// Reports sites that redirect to each other. Each site has one redirect at most, so each circle is walked once.
fn check_circles(sites: &[Site], diagnostics: &mut Diagnostics) {
    let redirects: HashMap<String, (&Text, Option<String>)> = sites
        .iter()
        .filter_map(|site| match &site.answer {
            Answer::Redirect(to) => Some((site, to)),
            _ => None,
        })
        .flat_map(|(site, to)| names(site).map(move |name| (name, (to, target(&to.value())))))
        .collect();
    let mut walked: HashMap<&str, usize> = HashMap::new();
    for (walk, site) in sites.iter().enumerate() {
        let name = site.host.value().to_lowercase();
        let mut next = redirects.get_key_value(&name);
        let mut way: Vec<(&str, &Text)> = Vec::new();
        while let Some((name, (to, target))) = next {
            match walked.insert(name, walk) {
                None => way.push((name, to)),
                Some(earlier) => {
                    let begin = way.iter().position(|(seen, _)| *seen == name.as_str());
                    if let (true, Some(begin)) = (earlier == walk, begin) {
                        report_circle(&way[begin..], diagnostics);
                    }
                    break;
                }
            }
            next = target.as_ref().and_then(|target| redirects.get_key_value(target));
        }
    }
}

fn report_circle(circle: &[(&str, &Text)], diagnostics: &mut Diagnostics) {
    // A redirect to its own site was reported.
    let [(first, to), others @ ..] = circle else { return };
    if others.is_empty() {
        return;
    }
    let chain: Vec<&str> = circle.iter().map(|(name, _)| *name).chain([*first]).collect();
    let title = format!("redirects that never end: {}", chain.join(" → "));
    let diagnostic = Diagnostic::new(Code::BadSite, title, to.span, "leads to the next one");
    let others = others.iter().take(MAX_SHOWN);
    diagnostics.push(
        others
            .fold(diagnostic, |diagnostic, (_, to)| diagnostic.and(to.span, "and so does this one"))
            .help(format!("write `to` in place of `redirect` at the site that answers, such as {first}")),
    );
}

/// How many more redirects of a circle are shown.
const MAX_SHOWN: usize = 8;

/// The names that a site answers to.
fn names(site: &Site) -> impl Iterator<Item = String> {
    let aliases = site.aliases.iter().map(|alias| alias.text.value());
    std::iter::once(site.host.value()).chain(aliases).map(|name| name.to_lowercase())
}

/// The host that a redirect leads to, unless a placeholder stands in it.
fn target(to: &str) -> Option<String> {
    let rest = to.split_once("://").map_or_else(|| to.strip_prefix("//"), |(_, rest)| Some(rest))?;
    let host = rest.split(['/', '?', '#', '{']).next()?.to_lowercase();
    Some(host.strip_suffix(":443").unwrap_or(&host).to_owned())
}

/// The placeholders of Caddy for the host, or for the path of the address that was asked for, with or without `orig_` and
/// `%` (placeholderShorthands in caddyconfig/httpcaddyfile/shorthands.go).
const OWN_ADDRESS: &[&str] = &["dir", "file", "host", "hostport", "path", "uri"];

/// Whether a text begins with one of those placeholders.
fn begins_with_own_address(text: &str) -> bool {
    let placeholder = text.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(name, _)| name);
    placeholder.is_some_and(|name| {
        let short = name.strip_prefix("http.request.").unwrap_or(name);
        let short = short.strip_prefix("orig_").unwrap_or(short);
        OWN_ADDRESS.contains(&short.strip_prefix('%').unwrap_or(short))
    })
}

/// Whether a redirect leads to a site of one of these names. Other placeholders at its beginning may lead anywhere.
fn leads_to(to: &str, names: &[String]) -> bool {
    let rest = match to.split_once("://") {
        Some((scheme, rest))
            if ["https", "http", "{scheme}", "{http.request.scheme}"]
                .iter()
                .any(|web| scheme.eq_ignore_ascii_case(web)) =>
        {
            rest
        }
        // `mailto:` and addresses of apps.
        Some((scheme, _)) if is_word(scheme, b"+.-") => return false,
        _ => match to.strip_prefix("//") {
            Some(rest) => rest,
            // Without a scheme the host is a part of the path.
            None if to.starts_with('{') => return begins_with_own_address(to),
            None => return !to.split(['/', '?', '#']).next().is_some_and(|s| s.contains(':')),
        },
    };
    // A placeholder such as `{uri}` may follow the host at once.
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let end = rest[..end].rfind('{').filter(|at| *at > 0).unwrap_or(end);
    let authority = &rest[..end];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.strip_suffix(":443").unwrap_or(host).to_lowercase();
    let is_own = ["{host}", "{hostport}", "{http.request.host}", "{http.request.hostport}"];
    is_own.contains(&host.as_str()) || names.contains(&host)
}
