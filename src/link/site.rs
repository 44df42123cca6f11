//! Sites: their fronts, their names and their answers.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use indexmap::IndexMap;

use super::auth;
use super::container::ServiceSites;
use super::front::Declared;
use super::site_address::{self, Addresses};
use super::site_path;
use super::target::{Containers, Owner, ServiceNames, own_port, place_of, upstream};
use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Address, Protocol};
use crate::hir::front::{Certificate, UnlinkedSite};
use crate::hir::{Answer, AuthProvider, Front, HaProxy, HostPort, Id, Service, Site};
use crate::setting::{self, Map};
use crate::source::{SourceId, Span};
use crate::tree::Text;
use crate::value::Value;

/// The fronts of the host.
pub(super) struct Fronts {
    pub(super) caddy: Option<Front>,
    pub(super) haproxy: Option<HaProxy>,
    pub(super) auth: IndexMap<Id<AuthProvider>, AuthProvider>,
}

/// Splits the sites of services into those of HAProxy and those of Caddy.
fn by_front(
    sites: Vec<ServiceSites>,
    haproxy_is_default: bool,
    services: &mut [Service],
) -> (Vec<ServiceSites>, Vec<ServiceSites>) {
    let is_plain = |site: &ast::Site| match &site.front {
        Some(front) => matches!(front.value, ast::SiteFront::HaProxy),
        None => haproxy_is_default,
    };
    let (mut of_haproxy, mut of_caddy) = (Vec::new(), Vec::new());
    for ServiceSites { service, sites } in sites {
        // A site whose front is invalid belongs to none.
        let is_valid = |site: &ast::Site| site.front.is_some() || !site.unreadable.has_unreadable(&["front"]);
        let (valid, invalid): (Vec<_>, Vec<_>) = sites.into_iter().partition(is_valid);
        services[service].has_broken_site |= !invalid.is_empty();
        let (plain, others): (Vec<_>, Vec<_>) = valid.into_iter().partition(is_plain);
        for (front, sites) in [(&mut of_haproxy, plain), (&mut of_caddy, others)] {
            // A service without sites of a front does not miss that front.
            front.extend((!sites.is_empty()).then_some(ServiceSites { service, sites }));
        }
    }
    (of_haproxy, of_caddy)
}

/// Returns false after reporting a site in the list of a front that does not serve it.
pub(super) fn is_in_own_list(site: &ast::Site, list: &ast::SiteFront, diagnostics: &mut Diagnostics) -> bool {
    let Some(front) = site.front.as_ref().filter(|front| front.value != *list) else { return true };
    let (own, other) = match list {
        ast::SiteFront::Caddy => ("caddy", "haproxy"),
        ast::SiteFront::HaProxy => ("haproxy", "caddy"),
    };
    diagnostics.push(
        Diagnostic::new(
            Code::BadSite,
            format!("a site under `{own}` cannot have `front: {other}`"),
            front.span,
            format!("the sites of this list belong to `{own}`"),
        )
        .help(format!("move the site to the `sites` of `{other}`, or remove `front`")),
    );
    false
}

/// Collects the sites of all services for the front, and publishes the ports that they need.
pub(super) fn link(
    declared: Option<Declared>,
    tailscale: Option<&setting::Tailscale>,
    sites: Vec<ServiceSites>,
    haproxy: Option<ast::HaProxy>,
    auth: Map<ast::AuthProvider>,
    services: &mut [Service],
    diagnostics: &mut Diagnostics,
) -> Fronts {
    let names = &ServiceNames::of(services);
    let (plain, sites) = by_front(sites, declared.is_none() && haproxy.is_some(), services);
    let haproxy = super::haproxy::link(haproxy, plain, names, services, diagnostics);
    let Some(Declared { mut front, sites: own }) = declared else {
        if let Some(site) = sites.iter().flat_map(|s| &s.sites).next() {
            diagnostics.push(
                Diagnostic::new(
                    Code::FrontMissing,
                    "a site needs `caddy`, which is not declared",
                    site.span,
                    "this site would not be served",
                )
                .help(match site.span.source {
                    SourceId::FILE => "add `caddy: { domain: DOMAIN, bind: tailscale }`",
                    _ => "add `caddy: { domain: DOMAIN, bind: tailscale }`, or write `site: ~` and publish the port under `ports` of the container",
                }),
            );
        }
        for of_service in &sites {
            services[of_service.service].has_broken_site = true;
            let owner = Owner::of(&mut services[of_service.service]);
            for to in of_service.sites.iter().filter_map(|site| site.to.as_ref()) {
                place_of(to, Some(&owner), names, diagnostics);
            }
        }
        let mut containers = Containers::of(services);
        let haproxy = haproxy.map(|linked| linked.with_paths(&mut containers, services, diagnostics));
        let auth = auth::link(auth, &mut containers, services, diagnostics).known;
        services.iter_mut().for_each(publish_once);
        return Fronts { caddy: None, haproxy, auth };
    };
    bind_tailnet(&mut front, tailscale);
    if let (Some(behind), None) = (front.behind(), &haproxy) {
        diagnostics.push(
            Diagnostic::new(
                Code::FrontMissing,
                "Caddy is behind `haproxy`, which is not declared",
                behind,
                "no program would pass connections on",
            )
            .help("add `haproxy: {}`, or remove `behind`"),
        );
    }
    let addresses = Addresses::of(&front, tailscale);
    // The paths and the login of each linked site, with the index of its service.
    let mut parts = Vec::new();
    for mut site in own {
        let is_own = is_in_own_list(&site, &ast::SiteFront::Caddy, diagnostics);
        match is_own.then(|| link_one(&site, None, &front, &addresses, names, diagnostics)).flatten() {
            Some(found) => {
                parts.push((None, std::mem::take(&mut site.paths), site.auth.take()));
                front.sites.push(found.site(site));
            }
            None => front.unlinked_sites.push(unlinked_site(site)),
        }
    }
    for of_service in sites {
        let mut owner = Owner::of(&mut services[of_service.service]);
        for mut site in of_service.sites {
            match link_one(&site, Some(&mut owner), &front, &addresses, names, diagnostics) {
                Some(found) => {
                    parts.push((Some(of_service.service), std::mem::take(&mut site.paths), site.auth.take()));
                    front.sites.push(found.site(site));
                }
                None => {
                    owner.service.has_broken_site = true;
                    front.unlinked_sites.push(unlinked_site(site));
                }
            }
        }
    }
    let mut containers = Containers::of(services);
    let haproxy = haproxy.map(|linked| linked.with_paths(&mut containers, services, diagnostics));
    let providers = auth::link(auth, &mut containers, services, diagnostics);
    for (site, (service, paths, auth)) in front.sites.iter_mut().zip(parts) {
        site.paths = site_path::link(paths, service, &mut containers, services, diagnostics);
        let has_auth = auth.is_some();
        site.auth = auth.and_then(|auth| providers.of_site(auth, diagnostics));
        site.auth_is_unread |= has_auth && site.auth.is_none();
    }
    services.iter_mut().for_each(publish_once);
    Fronts { caddy: Some(front), haproxy, auth: providers.known }
}

/// Removes `8096:8096` beside a site on the same port: both publish the same port, and the site's option can move it.
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

/// Turns the written address of the tailnet into `tailscale`, so that Caddy waits for the address.
fn bind_tailnet(front: &mut Front, tailscale: Option<&setting::Tailscale>) {
    if let setting::Bind::On { addresses, interfaces } = &front.bind.value
        && let ([address], []) = (addresses.as_slice(), interfaces.as_slice())
        && Some(address.value) == tailscale.map(|tailscale| tailscale.address.value)
    {
        front.bind.value = setting::Bind::Tailscale;
    }
}

/// A linked site.
struct Found {
    host: Text,
    addresses: Vec<Value<Address>>,
    service: Option<Id<Service>>,
    answer: Answer,
    below_domain: bool,
}

impl Found {
    fn site(self, declared: ast::Site) -> Site {
        Site {
            host: self.host,
            listen: declared.listen,
            addresses: self.addresses,
            service: self.service,
            answer: self.answer,
            certificate: Certificate { insecure: declared.insecure, server_name: declared.server_name },
            paths: Vec::new(),
            auth: None,
            auth_is_unread: declared.unreadable.may_hold(&["auth"]),
            tunnel: declared.tunnel,
            rewrite: declared.rewrite,
            tunnel_is_unread: declared.unreadable.may_hold(&["tunnel"]),
            // An unreadable client may be the one that reaches the site.
            allow_from: declared.allow_from.filter(|_| !declared.unreadable.may_hold(&["allow_from"])),
            aliases: declared.aliases,
            port: declared.port,
            headers: declared.headers,
            extra: declared.extra,
            below_domain: self.below_domain,
        }
    }
}

fn unlinked_site(declared: ast::Site) -> UnlinkedSite {
    UnlinkedSite { port: declared.port, headers: declared.headers, extra: declared.extra }
}

fn link_one(
    site: &ast::Site,
    owner: Option<&mut Owner>,
    front: &Front,
    addresses: &Addresses,
    names: &ServiceNames,
    diagnostics: &mut Diagnostics,
) -> Option<Found> {
    let addresses = site_address::link(site, front, addresses, diagnostics);
    let is_unread = site.unreadable.may_hold(&["host", "subdomain", "to", "redirect"]);
    // Without its port, the site would seem to have a certificate.
    if site.unreadable.has_unreadable(&["listen"]) {
        return None;
    }
    let Some((host, below_domain)) = name_of(site, front, is_unread, diagnostics) else {
        // The container may be a second mistake.
        site.to.as_ref().and_then(|to| place_of(to, owner.as_deref(), names, diagnostics));
        return None;
    };
    let service = owner.as_ref().map(|owner| owner.service.name.clone());
    let answer = match (&site.to, &site.redirect) {
        (Some(to), None) => Answer::Proxy(upstream(to, site, owner, names, diagnostics)?),
        (None, Some(redirect)) => Answer::Redirect(redirect.clone()),
        (None, None) if site.extra.is_some() => Answer::Lines,
        // A program of NixOS listens on the port of its service.
        (None, None) if let Some(own) = own_port(site, owner.as_deref()) => Answer::Proxy(own),
        (None, None) if is_unread => return None,
        (to, _) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    "a site needs exactly one of `to` and `redirect`",
                    site.span,
                    if to.is_some() { "has both" } else { "has neither" },
                )
                .help(match to.is_some() {
                    true => "remove `to` or `redirect`",
                    false if owner.as_deref().is_some_and(|owner| !owner.service.native.units.is_empty()) => {
                        "add `port: PORT` to the service, with the port of the program"
                    }
                    false if owner.as_deref().is_none_or(|owner| owner.service.containers.is_empty()) => {
                        "add `to: \"ADDRESS:PORT\"` or `redirect: https://HOST`"
                    }
                    false => "add `to: \"CONTAINER:PORT\"` or `redirect: https://HOST`",
                }),
            );
            to.as_ref().and_then(|to| place_of(to, owner.as_deref(), names, diagnostics));
            return None;
        }
    };
    Some(Found { host, addresses, service, answer, below_domain })
}

/// The name of a site, and whether it is one label below the domain.
fn name_of(
    site: &ast::Site,
    front: &Front,
    is_unread: bool,
    diagnostics: &mut Diagnostics,
) -> Option<(Text, bool)> {
    Some(match (&site.host, &site.subdomain, &front.domain) {
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
                        format!(
                            "the site's name would be `{}.{}`",
                            subdomain.text.value(),
                            domain.text.value()
                        ),
                        subdomain.text.span,
                        "already ends with the domain",
                    )
                    .and(domain.text.span, "this domain is appended")
                    .help(help),
                );
                return None;
            }
            let host = Text::join(&[subdomain.text.clone(), domain.text.clone()], ".", subdomain.text.span);
            (host, !subdomain.text.value().contains('.'))
        }
        // The placeholder for an invalid front has no domain.
        (None, Some(_), None) if front.span == Span::PLACEHOLDER => return None,
        (None, Some(subdomain), None) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    format!("`subdomain` needs a `domain` under `{}`", front.key()),
                    subdomain.text.span,
                    format!("`{}` has no `domain`", front.key()),
                )
                .help(format!("add `domain` under `{}`, or write the whole name as `host`", front.key()))
                .once(),
            );
            return None;
        }
        (None, _, _) if is_unread => return None,
        (host, _, _) => {
            let (label, help) = match host.is_some() {
                true => ("has both", "remove `host` or `subdomain`"),
                false => ("has neither", "add `subdomain: NAME` or `host: NAME.DOMAIN`"),
            };
            let title = "a site needs exactly one of `host` and `subdomain`";
            diagnostics.push(Diagnostic::new(Code::BadSite, title, site.span, label).help(help));
            return None;
        }
    })
}

/// The help for a subdomain that already ends with the domain.
fn without_domain(subdomain: &str, domain: &str) -> Option<String> {
    if subdomain == domain {
        return Some(format!("write `host: {domain}`"));
    }
    let suggested = subdomain.strip_suffix(domain)?.strip_suffix('.')?;
    Some(format!("write `subdomain: {suggested}`"))
}

fn one_label_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).and_then(|h| h.strip_suffix('.')).is_some_and(|label| !label.contains('.'))
}
