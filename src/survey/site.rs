//! Sites of Caddy and HAProxy.

use std::collections::HashMap;
use std::net::IpAddr;

use super::port::{client, everyone, shortened};
use super::{number, values};
use crate::form::{Address, ClientRange, Interface};
use crate::hir::{self, Answer, PlainSite, Upstream, UpstreamAddress};
use crate::inventory::Site;
use crate::listener::{Listener, listeners};
use crate::setting::{Bind, Spanned};
use crate::value::Value;

pub(super) fn survey(host: &hir::Host) -> Vec<Site> {
    let targets = Targets::of(host);
    let front = host.front.as_ref();
    let reached_by = front.map(|front| of_front(front, host)).unwrap_or_default();
    let of_caddy = front.into_iter().flat_map(|front| front.sites.iter().map(move |site| (front, site)));
    let of_caddy = of_caddy
        .filter(|(_, site)| is_on(site.service.as_ref(), host))
        .map(|(front, site)| of_caddy_row(site, front, &reached_by, host, &targets));
    let of_haproxy = host.haproxy.iter().flat_map(|haproxy| {
        let is_on = |site: &&PlainSite| is_on(site.service.as_ref(), host);
        haproxy.sites.iter().filter(is_on).map(|site| of_haproxy_row(site, haproxy, host, &targets))
    });
    of_caddy.chain(of_haproxy).collect()
}

/// True for the site of a service that is on, or of no service.
fn is_on(service: Option<&hir::Id<hir::Service>>, host: &hir::Host) -> bool {
    service.and_then(|id| host.service(id)).is_none_or(|service| service.enable)
}

/// The row of a site of Caddy. `of_front` has the clients that the front admits.
fn of_caddy_row(
    site: &hir::Site,
    front: &hir::Front,
    of_front: &[String],
    host: &hir::Host,
    targets: &Targets,
) -> Site {
    let url = |name: String| match site.plain_port() {
        None => format!("https://{name}"),
        Some(80) => format!("http://{name}"),
        Some(port) => format!("http://{name}:{port}"),
    };
    let mut reached_by = match &site.allow_from {
        Some(allowed) => clients(allowed),
        None if site.addresses.is_empty() => of_front.to_owned(),
        None => on_addresses(&site.addresses, host),
    };
    if site.tunnel.value {
        reached_by.push("the internet, through the tunnel of Cloudflare".to_owned());
    }
    let target = match &site.answer {
        Answer::Proxy(upstream) => Some(targets.name(upstream, host)),
        Answer::Redirect(to) => Some(to.value()),
        Answer::Lines => None,
    };
    Site {
        urls: values(site.names()).into_iter().map(url).collect(),
        front: if front.is_passed(site) { "HAProxy, Caddy" } else { "Caddy" },
        service: site.service.as_ref().map(ToString::to_string),
        target,
        login: site.auth.as_ref().map(|auth| auth.provider.to_string()),
        login_except: site.auth.iter().flat_map(|auth| &auth.except).map(|path| path.text.value()).collect(),
        reached_by,
    }
}

/// The clients that the bind of a front admits.
fn of_front(front: &hir::Front, host: &hir::Host) -> Vec<String> {
    let addresses = front.addresses(host);
    match &front.bind.value {
        _ if !addresses.is_empty() => on_addresses(addresses, host),
        Bind::On { interfaces, .. } => on_interfaces(interfaces),
        Bind::Tailscale | Bind::All => vec![everyone(None, host)],
    }
}

/// The clients that reach some addresses of the host.
fn on_addresses(addresses: &[Value<Address>], host: &hir::Host) -> Vec<String> {
    let outside: Vec<IpAddr> =
        addresses.iter().map(|address| address.value.0).filter(|address| !address.is_loopback()).collect();
    match outside.is_empty() {
        true => vec!["this host".to_owned()],
        false => shortened(&outside, |address| everyone(Some(*address), host)),
    }
}

fn on_interfaces(interfaces: &[Value<Interface>]) -> Vec<String> {
    shortened(interfaces, |name| format!("machines on {}", name.text.value()))
}

fn of_haproxy_row(site: &PlainSite, haproxy: &hir::HaProxy, host: &hir::Host, targets: &Targets) -> Site {
    let listen = site.listen.value;
    let port = if listen.port == 80 { String::new() } else { format!(":{}", listen.port) };
    let mut names = values(&site.names);
    if names.is_empty() {
        names.push(match listen.address {
            Some(address) if address.is_ipv6() => format!("[{address}]"),
            Some(address) => address.to_string(),
            None => host.machine.name.text.value(),
        });
    }
    let reached_by = match &site.allow_from {
        Some(allowed) => clients(allowed),
        None if listen.is_loopback() || haproxy.interfaces.is_empty() => vec!["this host".to_owned()],
        None => on_interfaces(&haproxy.interfaces),
    };
    Site {
        urls: names.into_iter().map(|name| format!("http://{name}{port}")).collect(),
        front: "HAProxy",
        service: site.service.as_ref().map(ToString::to_string),
        target: Some(targets.name(&site.upstream, host)),
        login: None,
        login_except: Vec::new(),
        reached_by,
    }
}

fn clients(allowed: &Spanned<Vec<Value<ClientRange>>>) -> Vec<String> {
    match allowed.value.is_empty() {
        true => vec!["no client".to_owned()],
        false => allowed.value.iter().map(|range| client(&range.text.value())).collect(),
    }
}

/// The containers behind the ports of 127.0.0.1.
struct Targets(HashMap<u16, String>);

impl Targets {
    fn of(host: &hir::Host) -> Targets {
        let name = |listener: Listener| {
            let (container, target) = (listener.container?, listener.target?);
            let is_local = listener.address.is_none_or(|address| address.is_loopback());
            (is_local && !listener.ports.is_range())
                .then(|| (listener.ports.first, format!("{container}:{target}")))
        };
        Targets(listeners(host).into_iter().filter_map(name).collect())
    }

    /// The name of a target.
    fn name(&self, upstream: &Upstream, host: &hir::Host) -> String {
        let scheme = if upstream.https { "https://" } else { "" };
        match &upstream.address {
            UpstreamAddress::Port(port) => {
                let number = number(port, host).unwrap_or_default();
                let of_host = || format!("127.0.0.1:{number}");
                format!("{scheme}{}", self.0.get(&number).cloned().unwrap_or_else(of_host))
            }
            UpstreamAddress::Other(address, port) => match address.value() {
                address if address.contains(':') => format!("{scheme}[{address}]:{}", port.value()),
                address => format!("{scheme}{address}:{}", port.value()),
            },
        }
    }
}
