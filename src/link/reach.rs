//! The sites of this host that containers reach.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::reach::{AnySite, ReachedSite};
use crate::source::Span;
use crate::tree::Text;

/// Finds the sites of each entry of `reaches`.
pub(super) fn link(host: &mut Host, diagnostics: &mut Diagnostics) {
    if host.containers().all(|container| container.reaches.is_empty()) {
        return;
    }
    let sites = Sites::of(host);
    let mut found = Vec::new();
    for service in &host.services {
        for container in &service.containers {
            for reach in &container.reaches {
                let reached = sites.find(&reach.written, host, diagnostics);
                if service.enable {
                    report_disabled(&reach.written, &reached, host, diagnostics);
                }
                found.push(reached);
            }
        }
    }
    let containers = host.services.iter_mut().flat_map(|service| &mut service.containers);
    for (reach, sites) in containers.flat_map(|container| &mut container.reaches).zip(found) {
        reach.sites = sites;
    }
}

/// The sites, by names of services and by full names.
struct Sites {
    of_services: HashMap<String, Vec<(Text, AnySite)>>,
    by_name: HashMap<String, AnySite>,
}

impl Sites {
    fn of(host: &Host) -> Sites {
        let mut sites = Sites { of_services: HashMap::new(), by_name: HashMap::new() };
        let of_caddy = host.front.iter().flat_map(|front| &front.sites).enumerate();
        for (position, site) in of_caddy {
            sites.add(site.names(), site.service.as_ref().map(|id| id.as_str()), AnySite::Caddy(position));
        }
        let of_haproxy = host.haproxy.iter().flat_map(|haproxy| &haproxy.sites).enumerate();
        for (position, site) in of_haproxy {
            let service = site.service.as_ref().map(|id| id.as_str());
            sites.add(site.names.iter(), service, AnySite::HaProxy(position));
        }
        sites
    }

    fn add<'a>(&mut self, names: impl Iterator<Item = &'a Text>, service: Option<&str>, site: AnySite) {
        let (names, unreadable): (Vec<_>, Vec<_>) = names.partition(|name| name.span != Span::PLACEHOLDER);
        if let (false, Some(service)) = (unreadable.is_empty(), service) {
            self.of_services.entry(service.to_owned()).or_default();
        }
        // A container finds no address of a wildcard in its `/etc/hosts`.
        for name in names.into_iter().filter(|name| !name.value().starts_with('*')) {
            self.by_name.entry(name.value().to_lowercase()).or_insert(site);
            if let Some(service) = service {
                self.of_services.entry(service.to_owned()).or_default().push((name.clone(), site));
            }
        }
    }

    fn find(&self, written: &Text, host: &Host, diagnostics: &mut Diagnostics) -> Vec<ReachedSite> {
        let value = written.value();
        if let Some(sites) = self.of_services.get(&value) {
            return sites
                .iter()
                .map(|(name, site)| ReachedSite {
                    name: Text { span: written.span, ..name.clone() },
                    site: *site,
                })
                .collect();
        }
        if let Some(site) = self.by_name.get(&value.to_lowercase()) {
            return vec![ReachedSite { name: written.clone(), site: *site }];
        }
        let found = match host.service_called(&value) {
            // A site that is not valid is already reported.
            Some(service) if service.has_broken_site || service.unreadable.may_hold(&["site", "sites"]) => {
                return Vec::new();
            }
            Some(service) => Diagnostic::new(
                Code::UnknownSite,
                format!("the service `{value}` has no site with a name"),
                written.span,
                "expected a service with a site",
            )
            .and(service.span, "declared here")
            .help("add a `site` to the service, or connect to its container over a shared network"),
            None if may_be_lost(&value, host) => return Vec::new(),
            None => {
                let names = self.of_services.keys().chain(self.by_name.keys()).map(String::as_str);
                Diagnostic::new(
                    Code::UnknownSite,
                    format!("there is no service or site `{value}`"),
                    written.span,
                    "not declared",
                )
                .help(diagnostics.suggestion(&value, names))
                .once()
            }
        };
        diagnostics.push(found);
        Vec::new()
    }
}

/// True if a part of the file that could not be read may declare a service or a site with this name.
fn may_be_lost(name: &str, host: &Host) -> bool {
    // The name of a service has no dot, and the full name of a site has one.
    if !name.contains('.') {
        return host.unreadable.has_unknown("")
            || host.unreadable.has_unknown(name)
            || host.services.is_empty() && host.unreadable.has_unreadable(&["services"]);
    }
    host.may_lack_sites() || host.unreadable.has_unreadable(&["caddy", "haproxy", "services"])
}

/// Reports a site of a service that is disabled.
fn report_disabled(written: &Text, sites: &[ReachedSite], host: &Host, diagnostics: &mut Diagnostics) {
    let owner = sites.first().and_then(|reached| host.owner_of(reached.site));
    if let Some(owner) = owner.filter(|owner| !owner.enable) {
        diagnostics.push(
            Diagnostic::new(
                Code::UnknownSite,
                format!("the service `{}` is disabled", owner.name),
                written.span,
                "its site is not served",
            )
            .and(owner.enable_span, "disabled here")
            .help("enable both services, or disable both"),
        );
    }
}
