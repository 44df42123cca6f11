//! The paths of a site with targets of their own.

use std::collections::{HashMap, HashSet};

use super::site::{ServiceNames, without_bridge};
use crate::ast::{self, PathTarget};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Advice, Form, UrlPaths};
use crate::hir::front::Certificate;
use crate::hir::{HostPort, Service, SitePath, SitePort, Upstream};
use crate::setting::{Map, Number};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// The containers of all services, and their ports on 127.0.0.1.
pub(super) struct Containers {
    names: ServiceNames,
    /// The indexes of the services, by name.
    services: HashMap<String, usize>,
    /// The indexes of the containers, by their service and each of their names.
    containers: HashMap<(usize, String), usize>,
    /// The port of 127.0.0.1 that publishes a port, by the service, the container and the port.
    published: HashMap<(usize, usize, String), HostPort>,
    /// The publications: the service, the container, its port, and the number of the port on 127.0.0.1.
    publications: HashSet<(usize, usize, String, String)>,
}

impl Containers {
    pub(super) fn of(services: &[Service]) -> Containers {
        let mut all = Containers {
            names: ServiceNames::of(services),
            services: HashMap::new(),
            containers: HashMap::new(),
            published: HashMap::new(),
            publications: HashSet::new(),
        };
        for (of, service) in services.iter().enumerate() {
            all.services.insert(service.name.to_string(), of);
            for (place, container) in service.containers.iter().enumerate() {
                for name in [&container.short, container.name.as_str()] {
                    all.containers.entry((of, name.to_owned())).or_insert(place);
                }
                for port in &container.site_ports {
                    all.publish(of, place, port.target.value(), &port.host, service);
                }
                for port in container.settings.ports.iter().filter(|port| port.has_http_on_loopback()) {
                    let host = HostPort::Fixed(port.published.text.clone());
                    all.publish(of, place, port.target.text.value(), &host, service);
                }
            }
        }
        all
    }

    /// Records a publication. Returns false if it is known.
    fn publish(&mut self, of: usize, place: usize, target: String, on: &HostPort, service: &Service) -> bool {
        let number = match (on, &service.port) {
            (HostPort::Service(_), Some(own)) => own.text.value(),
            (HostPort::Service(_), None) => String::new(),
            (HostPort::Fixed(port), _) => port.value(),
        };
        self.published.entry((of, place, target.clone())).or_insert(on.clone());
        self.publications.insert((of, place, target, number))
    }

    /// The service and the container that a target names: `container`, or `service.container`.
    fn find(&self, name: &str, own: Option<usize>) -> Option<(usize, usize)> {
        let in_service = |of: usize, name: &str| Some((of, *self.containers.get(&(of, name.to_owned()))?));
        own.and_then(|own| in_service(own, name)).or_else(|| {
            let (service, container) = name.split_once('.')?;
            in_service(*self.services.get(service)?, container)
        })
    }

    /// Resolves a target. `own` is the service whose containers need no `service.` in front of their names.
    pub(super) fn upstream(
        &mut self,
        to: &ast::Upstream,
        port: Option<&Number>,
        own: Option<usize>,
        services: &mut [Service],
        diagnostics: &mut Diagnostics,
    ) -> Option<Upstream> {
        // An invalid value was reported.
        if to.span == Span::PLACEHOLDER {
            return None;
        }
        let name = to.host.value();
        let found = self.find(&name, own);
        if self.names.is_other(to) {
            return Some(to.other());
        }
        if self.is_unit(&name, own, services) {
            return Some(to.behind(HostPort::Fixed(to.port.clone())));
        }
        let Some((of, place)) = found else {
            self.report_unknown(to, own, services, diagnostics);
            return None;
        };
        let service = &mut services[of];
        if let Some(on_host) = without_bridge(to, &service.containers[place], diagnostics)? {
            return Some(on_host);
        }
        let known = self.published.get(&(of, place, to.port.value()));
        let host = match (port, known) {
            (Some(_), _) => service.host_port(port)?,
            (None, Some(known)) => return Some(to.behind(known.clone())),
            (None, None) => HostPort::Fixed(to.port.clone()),
        };
        if self.publish(of, place, to.port.value(), &host, service) {
            service.containers[place].site_ports.push(SitePort {
                host: host.clone(),
                target: to.port.clone(),
                span: port.map_or(to.port.span, |port| port.text.span),
            });
        }
        Some(to.behind(host))
    }

    /// True if a target names a unit of NixOS that belongs to its service, or to the service before a dot.
    fn is_unit(&self, name: &str, own: Option<usize>, services: &[Service]) -> bool {
        let of_service = |of: usize, unit: &str| services[of].native.has(unit);
        let of_other =
            name.split_once('.').and_then(|(service, unit)| Some((*self.services.get(service)?, unit)));
        own.is_some_and(|of| of_service(of, name)) || of_other.is_some_and(|(of, unit)| of_service(of, unit))
    }

    fn report_unknown(
        &self,
        to: &ast::Upstream,
        own: Option<usize>,
        services: &[Service],
        diagnostics: &mut Diagnostics,
    ) {
        let name = to.host.value();
        let (of, name) = match name.split_once('.') {
            Some((service, container)) => match self.services.get(service) {
                Some(of) => (Some(*of), container.to_owned()),
                None => {
                    let names = services.iter().map(|service| service.name.as_str());
                    let help = diagnostics.suggestion(service, names);
                    diagnostics.push(
                        Diagnostic::new(
                            Code::BadSite,
                            format!("there is no service `{service}`"),
                            to.span,
                            "expected SERVICE.CONTAINER:PORT",
                        )
                        .help(help),
                    );
                    return;
                }
            },
            None => (own, name),
        };
        let Some(service) = of.map(|of| &services[of]) else {
            let help = "write `SERVICE.CONTAINER:PORT`, or an IP address".to_owned();
            let title = format!("`{name}` is not a valid upstream outside of a service");
            let label = "expected SERVICE.CONTAINER:PORT or ADDRESS:PORT";
            diagnostics.push(Diagnostic::new(Code::BadSite, title, to.span, label).help(help));
            return;
        };
        if service.may_have_container(&name) {
            return;
        }
        let names = service.containers.iter().map(|c| c.short.as_str());
        let help = match service.containers.is_empty() {
            true => format!("write `127.0.0.1:{}` for a program on the host", to.port.value()),
            false => diagnostics.suggestion(&name, names),
        };
        let title = format!("the service `{}` has no container `{name}`", service.name);
        diagnostics.push(Diagnostic::new(Code::BadSite, title, to.span, "not declared").help(help));
    }
}

/// Resolves the paths of a site, and sorts them: the most specific path comes first.
pub(super) fn link(
    declared: Map<PathTarget>,
    own: Option<usize>,
    containers: &mut Containers,
    services: &mut [Service],
    diagnostics: &mut Diagnostics,
) -> Vec<SitePath> {
    let mut paths = Vec::new();
    for (path, PathTarget(target)) in declared.entries {
        let upstream = containers.upstream(&target.to, target.port.as_ref(), own, services, diagnostics);
        let path = valid(path, diagnostics);
        if let (Some(path), Some(upstream)) = (path, upstream) {
            let certificate = Certificate { insecure: target.insecure, server_name: target.server_name };
            paths.push(SitePath { path, upstream, port: target.port, certificate });
        }
    }
    paths.sort_by_key(|path| path.path.value.specificity());
    paths
}

/// Parses a path, and reports an invalid one.
pub(super) fn valid(path: Text, diagnostics: &mut Diagnostics) -> Option<Value<UrlPaths>> {
    let (text, span) = (path.value(), path.span);
    let parsed = Value::of(path);
    if parsed.is_none() {
        let advice = UrlPaths::advice(&text).unwrap_or_else(|| Advice {
            why: format!("expected {}", UrlPaths::EXPECTED),
            help: format!("write {}", UrlPaths::description()).into(),
        });
        let title = format!("`{text}` is not a valid path");
        let diagnostic = Diagnostic::new(Code::BadValue, title, span, advice.why);
        diagnostics.push(diagnostic.fix(advice.help.fix(span)).help(advice.help.text));
    }
    parsed
}
