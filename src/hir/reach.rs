//! Sites of this host that containers reach.

use super::{Container, Host, Id, Service};
use crate::form::ClientRange;
use crate::setting::{Bind, Spanned, Tls};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// An entry of `reaches`.
#[derive(Debug)]
pub(crate) struct Reach {
    /// The name in the file.
    pub(crate) written: Text,
    /// The names of its sites. Empty if it is not valid; a diagnostic was emitted.
    pub(crate) sites: Vec<ReachedSite>,
}

/// A name of a site that a container reaches.
#[derive(Debug)]
pub(crate) struct ReachedSite {
    /// The name.
    pub(crate) name: Text,
    /// The site.
    pub(crate) site: AnySite,
}

/// The position of a site among those of its front.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnySite {
    /// A site of Caddy.
    Caddy(usize),
    /// A site of HAProxy.
    HaProxy(usize),
}

/// The place at which a front serves a site.
#[derive(Debug)]
pub(crate) struct Served<'a> {
    /// The program.
    pub(crate) program: &'static str,
    /// The address. `None` for all addresses.
    pub(crate) address: Option<Text>,
    /// The port.
    pub(crate) port: u16,
    /// True if only programs of the host reach it.
    pub(crate) is_loopback: bool,
    /// True if the firewall opens the port on every interface.
    pub(crate) is_open: bool,
    /// True if the certificate is from Caddy's own authority.
    pub(crate) has_own_authority: bool,
    /// The only clients of the site, if it does not answer all.
    pub(crate) allow_from: Option<&'a Spanned<Vec<Value<ClientRange>>>>,
    /// The position of the address in the file.
    pub(crate) span: Span,
}

impl Host {
    /// The place at which a site is served.
    pub(crate) fn served(&self, site: AnySite) -> Option<Served<'_>> {
        match site {
            AnySite::Caddy(position) => {
                let front = self.front.as_ref()?;
                let site = front.sites.get(position)?;
                let outside = front.outside_addresses(site, self);
                // Every container has IPv4, unless its network has no such subnet.
                let address = outside.iter().find(|address| address.value.0.is_ipv4()).or(outside.first());
                let is_open = match &front.bind.value {
                    Bind::Tailscale => false,
                    Bind::All => true,
                    Bind::On { interfaces, .. } => interfaces.is_empty(),
                };
                let own = site.addresses.first().map(Value::span);
                Some(Served {
                    program: if front.is_passed(site) { "HAProxy" } else { "Caddy" },
                    address: address.map(|address| address.text.clone()),
                    port: site.plain_port().unwrap_or(443),
                    is_loopback: outside.is_empty() && !front.addresses_of(site, self).is_empty(),
                    is_open,
                    has_own_authority: site.listen.is_none() && matches!(front.tls(), Some(Tls::Internal)),
                    allow_from: site.allow_from.as_ref(),
                    span: own.or(site.listen.as_ref().map(Value::span)).unwrap_or(front.bind.span),
                })
            }
            AnySite::HaProxy(position) => {
                let site = self.haproxy.as_ref()?.sites.get(position)?;
                let listen = site.listen.value;
                Some(Served {
                    program: "HAProxy",
                    address: listen
                        .address
                        .map(|address| Text::literal(address.to_string(), site.listen.span())),
                    port: listen.port,
                    is_loopback: listen.is_loopback(),
                    is_open: false,
                    has_own_authority: false,
                    allow_from: site.allow_from.as_ref(),
                    span: site.listen.span(),
                })
            }
        }
    }

    /// The address of the host for a container, if it is known. Podman may choose the gateway of an external network, on
    /// whose bridge the ports are not open.
    pub(crate) fn safe_gateway(&self, container: &Container) -> Option<Text> {
        let has_external = self.networks_of(container).iter().any(|network| network.is_external());
        has_external.then(|| self.gateway(container)).flatten().map(|gateway| gateway.address)
    }

    /// The service of a site.
    pub(crate) fn owner_of(&self, site: AnySite) -> Option<&Service> {
        let id: Option<&Id<Service>> = match site {
            AnySite::Caddy(position) => self.front.as_ref()?.sites.get(position)?.service.as_ref(),
            AnySite::HaProxy(position) => self.haproxy.as_ref()?.sites.get(position)?.service.as_ref(),
        };
        self.service(id?)
    }
}
