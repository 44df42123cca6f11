//! HAProxy, and its sites.

use super::container::ServiceSites;
use super::notify;
use super::site::is_in_own_list;
use super::site_path;
use super::target::{Containers, Owner, ServiceNames, own_port, upstream};
use crate::ast::{self, PathTarget};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{HaProxy, PlainSite, Service};
use crate::setting::{Map, UnreadableParts};
use crate::source::{SourceId, Span};
use crate::tree::Text;

/// HAProxy, and the paths of its sites, each with the index of the service.
pub(super) struct Linked {
    pub(super) haproxy: HaProxy,
    paths: Vec<(Option<usize>, Map<PathTarget>)>,
}

/// Collects the sites of all services for HAProxy, and publishes the ports that they need.
pub(super) fn link(
    declared: Option<ast::HaProxy>,
    sites: Vec<ServiceSites>,
    service_names: &ServiceNames,
    services: &mut [Service],
    diagnostics: &mut Diagnostics,
) -> Option<Linked> {
    let Some(declared) = declared else {
        if let Some(site) = sites.iter().flat_map(|of_service| &of_service.sites).next() {
            diagnostics.push(
                Diagnostic::new(
                    Code::FrontMissing,
                    "a site needs `haproxy`, which is not declared",
                    site.span,
                    "this site would not be served",
                )
                .help("add `haproxy: { interfaces: [INTERFACE] }`"),
            );
        }
        sites.iter().for_each(|of_service| services[of_service.service].has_broken_site = true);
        return None;
    };
    if let Some(stats) = declared.stats.as_ref().filter(|stats| !stats.value.is_loopback()) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                "the statistics of HAProxy have no login",
                stats.span(),
                "expected a loopback address",
            )
            .help(format!("write `127.0.0.1:{}`", stats.value.port)),
        );
    }
    let domain = declared.domain.as_ref().map(|domain| &domain.text);
    let (mut linked, mut paths) = (Vec::new(), Vec::new());
    let mut has_broken_site = declared.unreadable.may_hold(&["sites"]);
    for mut site in declared.sites {
        if !is_in_own_list(&site, &ast::SiteFront::HaProxy, diagnostics) {
            has_broken_site = true;
            continue;
        }
        has_broken_site |= !is_supported(&site, diagnostics);
        let own_paths = std::mem::take(&mut site.paths);
        match link_one(site, domain, None, service_names, diagnostics) {
            Some(site) => {
                linked.push(site);
                paths.push((None, own_paths));
            }
            None => has_broken_site = true,
        }
    }
    for of_service in sites {
        let mut owner = Owner::of(&mut services[of_service.service]);
        for mut site in of_service.sites {
            owner.service.has_broken_site |= !is_supported(&site, diagnostics);
            let own_paths = std::mem::take(&mut site.paths);
            match link_one(site, domain, Some(&mut owner), service_names, diagnostics) {
                Some(site) => {
                    linked.push(site);
                    paths.push((Some(of_service.service), own_paths));
                }
                None => owner.service.has_broken_site = true,
            }
        }
    }
    let haproxy = HaProxy {
        span: declared.span,
        interfaces: declared.interfaces,
        stats: declared.stats,
        notification: notify::resolve(declared.notify),
        sites: linked,
        has_broken_site,
    };
    Some(Linked { haproxy, paths })
}

impl Linked {
    /// Links the paths, once the ports behind all sites are known.
    pub(super) fn with_paths(
        mut self,
        containers: &mut Containers,
        services: &mut [Service],
        diagnostics: &mut Diagnostics,
    ) -> HaProxy {
        for (site, (own, paths)) in self.haproxy.sites.iter_mut().zip(self.paths) {
            site.paths = site_path::link(paths, own, containers, services, diagnostics);
            for path in &site.paths {
                // The keys about a certificate belong to the target.
                match path.upstream.https {
                    true => refuse("https://", path.upstream.span, diagnostics),
                    false => {
                        path.certificate.written().for_each(|(key, span)| refuse(key, span, diagnostics))
                    }
                }
            }
        }
        self.haproxy
    }
}

fn link_one(
    site: ast::Site,
    domain: Option<&Text>,
    owner: Option<&mut Owner>,
    service_names: &ServiceNames,
    diagnostics: &mut Diagnostics,
) -> Option<PlainSite> {
    if let Some(bind) = &site.bind {
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                "`bind` is for sites of Caddy",
                bind.span,
                "a site of HAProxy has its address in `listen`",
            )
            .help("write `listen: ADDRESS:PORT`, and remove `bind`"),
        );
    }
    let service = owner.as_ref().map(|owner| owner.service.name.clone());
    let names = names(&site, domain, diagnostics);
    let target = match owner.as_deref().map(|owner| &*owner.service) {
        Some(service) if !service.containers.is_empty() => "CONTAINER",
        Some(service) if !service.native.units.is_empty() => "UNIT",
        _ => "ADDRESS",
    };
    let upstream = match &site.to {
        Some(to) => upstream(to, &site, owner, service_names, diagnostics),
        // A redirect is refused, and has no target.
        None if site.redirect.is_some() => None,
        None => own_port(&site, owner.as_deref()).or_else(|| {
            missing("to", &format!("\"{target}:PORT\""), site.span, &site.unreadable, diagnostics);
            None
        }),
    };
    if site.listen.is_none() {
        missing("listen", "80", site.span, &site.unreadable, diagnostics);
    }
    Some(PlainSite {
        listen: site.listen?,
        names: names?,
        service,
        upstream: upstream?,
        port: site.port,
        paths: Vec::new(),
        allow_from: site.allow_from.filter(|_| !site.unreadable.may_hold(&["allow_from"])),
    })
}

/// The names of a site. A preset's `subdomain` counts only if there is a domain.
fn names(site: &ast::Site, domain: Option<&Text>, diagnostics: &mut Diagnostics) -> Option<Vec<Text>> {
    let subdomain = site.subdomain.as_ref().filter(|subdomain| {
        domain.is_some() || (subdomain.span().source == SourceId::FILE && site.host.is_none())
    });
    let first = match (&site.host, subdomain, domain) {
        (Some(host), _, _) => Some(host.text.clone()),
        (None, Some(subdomain), Some(domain)) => {
            Some(Text::join(&[subdomain.text.clone(), domain.clone()], ".", subdomain.span()))
        }
        (None, Some(subdomain), None) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    "`subdomain` needs a `domain` under `haproxy`",
                    subdomain.span(),
                    "`haproxy` has no `domain`",
                )
                .help("add `domain` under `haproxy`, or write the whole name as `host`")
                .once(),
            );
            return None;
        }
        (None, None, _) => None,
    };
    let all: Vec<Text> =
        first.into_iter().chain(site.aliases.iter().map(|alias| alias.text.clone())).collect();
    if let Some(name) = all.iter().find(|name| name.value().starts_with('*')) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                format!("`{}` is not a name that HAProxy can serve", name.value()),
                name.span,
                "expected a name without `*`",
            )
            .help("remove the name: a site without a name answers every name on its port"),
        );
        return None;
    }
    Some(all)
}

/// Returns false after reporting the keys of a site that HAProxy does not have.
fn is_supported(site: &ast::Site, diagnostics: &mut Diagnostics) -> bool {
    let unsupported = unsupported(site);
    unsupported.iter().for_each(|(key, span)| refuse(key, *span, diagnostics));
    unsupported.is_empty()
}

/// The keys of a site that HAProxy does not have.
fn unsupported(site: &ast::Site) -> Vec<(&'static str, Span)> {
    let https = site.to.as_ref().filter(|to| to.https).map(|to| ("https://", to.span));
    let keys = [
        ("redirect", site.redirect.as_ref().map(|text| text.span)),
        ("extra", site.extra.as_ref().map(|text| text.span)),
        ("headers", site.headers.0.first().map(|(name, _)| name.span)),
        ("auth", site.auth.as_ref().map(|auth| auth.0.provider.span)),
        ("tunnel", site.tunnel.value.then_some(site.tunnel.text.span)),
        ("rewrite", site.rewrite.value.then_some(site.rewrite.text.span)),
        ("insecure", site.insecure.text.written().map(|text| text.span)),
        ("server_name", site.server_name.as_ref().map(|name| name.span())),
    ];
    let keys = keys.into_iter().filter_map(|(key, span)| Some((key, span?)));
    // The keys about a certificate belong to the target.
    let is_reported = |key: &str| https.is_some() && matches!(key, "insecure" | "server_name");
    https.into_iter().chain(keys.filter(|(key, _)| !is_reported(key))).collect()
}

fn refuse(key: &str, span: Span, diagnostics: &mut Diagnostics) {
    diagnostics.push(
        Diagnostic::new(
            Code::BadSite,
            format!("`{key}` is not supported with HAProxy"),
            span,
            "only Caddy has it",
        )
        .help("remove it, or serve the site with Caddy"),
    );
}

fn missing(key: &str, value: &str, span: Span, unreadable: &UnreadableParts, diagnostics: &mut Diagnostics) {
    if unreadable.may_hold(&[key]) {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::BadSite,
            format!("a site of HAProxy needs `{key}`"),
            span,
            format!("has no `{key}`"),
        )
        .help(format!("add `{key}: {value}`")),
    );
}
