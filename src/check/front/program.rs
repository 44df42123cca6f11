//! The programs behind targets: two ports of the host may lead to one port of one container.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::hir::{Answer, Host, HostPort, Site, Upstream, UpstreamAddress};

/// The address of a program and its port: a container, 127.0.0.1 or another host.
pub(super) type Program = (String, String);

/// The programs behind the targets of a host.
pub(super) struct Programs {
    /// The programs in containers, by the port of 127.0.0.1.
    published: HashMap<String, Program>,
    /// The ports of services, by the name of the service.
    own: HashMap<String, String>,
}

impl Programs {
    pub(super) fn of(host: &Host) -> Programs {
        let own = host
            .services
            .iter()
            .filter_map(|service| Some((service.name.to_string(), service.port.as_ref()?.text.value())));
        let mut programs = Programs { published: HashMap::new(), own: own.collect() };
        for container in host.containers() {
            let of_sites =
                container.site_ports.iter().map(|port| (programs.number(&port.host), &port.target));
            let ports = container.settings.ports.iter().filter(|port| port.has_http_on_loopback());
            let of_ports = ports.map(|port| (port.published.text.value(), &port.target.text));
            let all: Vec<_> = of_sites.chain(of_ports).collect();
            let all = all.into_iter().map(|(on, target)| (on, (container.name.to_string(), target.value())));
            programs.published.extend(all);
        }
        programs
    }

    fn number(&self, port: &HostPort) -> String {
        match port {
            HostPort::Service(service) => self.own.get(service.as_str()).cloned().unwrap_or_default(),
            HostPort::Fixed(port) => port.value(),
        }
    }

    /// The program behind a target.
    pub(super) fn at(&self, upstream: &Upstream) -> Program {
        let number = match &upstream.address {
            UpstreamAddress::Port(port) => self.number(port),
            UpstreamAddress::Other(address, port) => {
                let address = address.value().to_lowercase();
                if !address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
                    return (address, port.value());
                }
                port.value()
            }
        };
        self.published.get(&number).cloned().unwrap_or_else(|| ("127.0.0.1".to_owned(), number))
    }

    /// The program behind a site.
    pub(super) fn of_site(&self, site: &Site) -> Option<Program> {
        match &site.answer {
            Answer::Proxy(upstream) => Some(self.at(upstream)),
            Answer::Redirect(_) | Answer::Lines => None,
        }
    }
}
