//! The targets of sites, paths and auth providers: a port of a container or of a unit, or an address.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Protocol;
use crate::hir::{Container, HostPort, Service, SitePort, Upstream, UpstreamAddress};
use crate::setting::{self, Number};
use crate::source::Span;
use crate::tree::Target;

/// The service whose sites are linked, with indexes of its containers and ports.
pub(super) struct Owner<'a> {
    pub(super) service: &'a mut Service,
    /// The indexes of its containers, by their names in it and on the host.
    containers: HashMap<String, usize>,
    /// The index in `site_ports` of the port behind a site, by the container and the host port. `None` is the service's own
    /// port.
    behind: HashMap<(usize, Option<String>), usize>,
    /// The ports of containers that `ports` publishes as the service's own port.
    published: HashSet<(usize, String)>,
}

impl<'a> Owner<'a> {
    pub(super) fn of(service: &'a mut Service) -> Owner<'a> {
        let mut containers = HashMap::new();
        let mut published = HashSet::new();
        let mut behind = HashMap::new();
        let own = Target::Port(service.name.to_string());
        for (place, container) in service.containers.iter().enumerate() {
            for name in [&container.short, container.name.as_str()] {
                containers.entry(name.to_owned()).or_insert(place);
            }
            let ports = container.settings.ports.iter();
            let ports = ports.filter(|port| {
                let is_own = port.published.text.reference().is_some_and(|r| r.target == own);
                is_own && port.protocol.value == Protocol::Tcp
            });
            for (at, port) in container.site_ports.iter().enumerate() {
                let host = match &port.host {
                    HostPort::Service(_) => None,
                    HostPort::Fixed(port) => Some(port.value()),
                };
                behind.insert((place, host), at);
            }
            published.extend(ports.map(|port| (place, port.target.text.value())));
        }
        Owner { service, containers, behind, published }
    }
}

/// Resolves `to`: a container's port behind a host port, or an address.
pub(super) fn upstream(
    to: &ast::Upstream,
    site: &ast::Site,
    owner: Option<&mut Owner>,
    names: &ServiceNames,
    diagnostics: &mut Diagnostics,
) -> Option<Upstream> {
    if names.is_other(to) {
        return Some(to.other());
    }
    if owner.as_deref().is_some_and(|owner| owner.service.native.has(&to.host.value())) {
        return Some(to.behind(HostPort::Fixed(to.port.clone())));
    }
    let place = place_of(to, owner.as_deref(), names, diagnostics)?;
    let owner = owner?;
    let service = &mut *owner.service;
    if let Some(own) = without_bridge(to, &service.containers[place], diagnostics)? {
        return Some(own);
    }
    let span = site.port.as_ref().or(service.port.as_ref()).map_or(to.span, |port| port.text.span);
    let host = match service.host_port(site.port.as_ref()) {
        Some(port) => port,
        None => {
            diagnostics.push(
                Diagnostic::new(
                    Code::PortWithoutService,
                    "a site of a container needs a host port",
                    to.span,
                    "forwards to a container",
                )
                .and(service.span, "this service has no `port`")
                .help(format!("add `port: {}` to the service, or another free port", to.port.value())),
            );
            return None;
        }
    };
    let container = &mut service.containers[place];
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
                "two sites use one host port for different container ports",
                to.span,
                "uses the service's `port`",
            )
            .and(other.target.span, "uses the same host port")
            .help("add a `port` to one of the sites"),
        );
        return None;
    }
    if !is_published && behind.is_none() {
        owner.behind.insert((place, own), container.site_ports.len());
        container.site_ports.push(SitePort { host: host.clone(), target: to.port.clone(), span });
    }
    Some(to.behind(host))
}

impl ast::Upstream {
    /// The target as an address or the name of another host.
    fn other(&self) -> Upstream {
        let address = UpstreamAddress::Other(self.host.clone(), self.port.clone());
        Upstream { address, https: self.https, span: self.span }
    }

    /// The target as a port of 127.0.0.1.
    fn behind(&self, port: HostPort) -> Upstream {
        Upstream { address: UpstreamAddress::Port(port), https: self.https, span: self.span }
    }
}

/// The names of the services with containers or units, which a target may have before a dot.
pub(super) struct ServiceNames(HashSet<String>);

impl ServiceNames {
    pub(super) fn of(services: &[Service]) -> ServiceNames {
        let named = services.iter().filter(|service| !service.is_idle());
        ServiceNames(named.map(|service| service.name.to_string()).collect())
    }

    /// True if a target is an address or, with `https://`, the name of another host: it has a dot, and is not
    /// `service.container`.
    fn is_other(&self, to: &ast::Upstream) -> bool {
        let name = to.host.value();
        let may_be_ours = || {
            let parts = name.split_once('.');
            parts.is_none_or(|(service, rest)| !rest.contains('.') && self.0.contains(service))
        };
        name.parse::<IpAddr>().is_ok() || (to.https && !may_be_ours())
    }
}

/// The target of a container on the host's network: its port on the host. Returns `None` after reporting a container
/// without ports, and `Some(None)` for a container with networks.
fn without_bridge(
    to: &ast::Upstream,
    container: &Container,
    diagnostics: &mut Diagnostics,
) -> Option<Option<Upstream>> {
    let mode = match &container.network_mode {
        None => return Some(None),
        Some(setting::NetworkMode::Host(_)) => {
            return Some(Some(to.behind(HostPort::Fixed(to.port.clone()))));
        }
        Some(mode) => mode,
    };
    let help = match mode {
        setting::NetworkMode::Container(other) => {
            format!("write `{}:{}`: the container shares that network", other.value(), to.port.value())
        }
        _ => "remove `network_mode`".to_owned(),
    };
    diagnostics.push(
        Diagnostic::new(
            Code::BadSite,
            format!("the container `{}` has no ports of its own", to.host.value()),
            to.span,
            "forwards to a container with `network_mode`",
        )
        .and(container.span, "declared here")
        .help(help),
    );
    None
}

/// The target of a site without `to`: the port of its service, if the service has units of NixOS.
pub(super) fn own_port(site: &ast::Site, owner: Option<&Owner>) -> Option<Upstream> {
    let service = &*owner?.service;
    if site.unreadable.may_hold(&["to"]) || service.native.units.is_empty() {
        return None;
    }
    let address = UpstreamAddress::Port(service.host_port(site.port.as_ref())?);
    Some(Upstream { address, https: false, span: site.span })
}

/// The container that `to` names, unless it is an address or a unit.
pub(super) fn place_of(
    to: &ast::Upstream,
    owner: Option<&Owner>,
    names: &ServiceNames,
    diagnostics: &mut Diagnostics,
) -> Option<usize> {
    if names.is_other(to) {
        return None;
    }
    let name = to.host.value();
    let Some(owner) = owner else {
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                format!("`{name}` is not a valid upstream outside of a service"),
                to.span,
                "expected an IP address",
            )
            .help("write an IP address, or move the site to the service of the container"),
        );
        return None;
    };
    let service = &*owner.service;
    let place = owner.containers.get(&name).copied();
    if place.is_none() && (service.native.has(&name) || service.may_have_container(&name)) {
        return None;
    }
    if place.is_none() {
        let units = service.native.names().collect::<Vec<_>>();
        let declared =
            service.containers.iter().map(|c| c.short.as_str()).chain(units.iter().map(String::as_str));
        let kind = if service.containers.is_empty() && !units.is_empty() { "unit" } else { "container" };
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                format!("the service has no {kind} `{name}`"),
                to.span,
                "not declared",
            )
            .help(match service.is_idle() {
                true => format!("write `127.0.0.1:{}` for a program on the host", to.port.value()),
                false => diagnostics.suggestion(&name, declared),
            }),
        );
    }
    place
}

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
