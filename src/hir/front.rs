//! The front (the reverse proxy), and its sites.

use std::net::IpAddr;

use super::{Host, HostPort, Id, Notification, Service, SiteAuth};
use crate::caddyfile::CaddyfilePosition;
use crate::form::{Address, ClientRange, Domain, ListenAddress, UrlPaths};
use crate::setting::{Bind, Flag, Format, Number, Pairs, Spanned, Tls, UnreadableParts, UsedSecret};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// The name of the Caddy snippet with the headers of all sites.
pub(crate) const HEADERS: &str = "site-headers";

/// The name of the Caddy matcher of the clients that a site does not answer.
pub(crate) const DENIED: &str = "homegen-denied";

/// The name of the Caddy matcher of the requests that need a login.
pub(crate) const LOGIN: &str = "homegen-login";

/// The prefix of the names of matchers and snippets that sites use.
pub(crate) const RESERVED: &str = "homegen-";

/// The program that serves all sites, with the settings of all sites.
#[derive(Debug)]
pub(crate) struct Front {
    /// The span of the mapping.
    pub(crate) span: Span,
    /// The parts that could not be read.
    pub(crate) unreadable: UnreadableParts,
    /// The domain of the sites.
    pub(crate) domain: Option<Value<Domain>>,
    /// The addresses that it listens on.
    pub(crate) bind: Spanned<Bind>,
    /// Headers of every response.
    pub(crate) headers: Pairs,
    /// The sites with a valid target.
    pub(crate) sites: Vec<Site>,
    /// The other sites; diagnostics were emitted.
    pub(crate) unlinked_sites: Vec<UnlinkedSite>,
    /// The notification when it fails.
    pub(crate) notification: Notification,
    /// The program.
    pub(crate) program: Program,
}

/// A program that serves sites, with its own settings.
#[derive(Debug)]
pub(crate) enum Program {
    /// Caddy.
    Caddy(Caddy),
}

/// The settings of Caddy alone.
#[derive(Debug)]
pub(crate) struct Caddy {
    /// The place in the file that puts HAProxy before it. `None` if it listens itself.
    pub(crate) behind: Option<Span>,
    /// The source of the certificates.
    pub(crate) tls: Option<Tls>,
    /// Lines for Caddy's global options.
    pub(crate) global: Option<Text>,
    /// Lines at the top level of the Caddyfile.
    pub(crate) extra: Option<Text>,
}

impl Caddy {
    /// The port for HTTP on 127.0.0.1 behind HAProxy.
    pub(crate) const HTTP: u16 = 20080;

    /// The port for HTTPS on 127.0.0.1 behind HAProxy.
    pub(crate) const HTTPS: u16 = 20443;
}

impl Front {
    /// The place in the file that puts HAProxy before the front.
    pub(crate) fn behind(&self) -> Option<Span> {
        self.caddy()?.behind
    }

    /// True if it listens itself on the address in the tailnet, for which a unit waits.
    pub(crate) fn waits_for_tailnet(&self) -> bool {
        matches!(self.bind.value, Bind::Tailscale) && self.behind().is_none()
    }

    /// The settings of Caddy, if it is the program.
    pub(crate) fn caddy(&self) -> Option<&Caddy> {
        match &self.program {
            Program::Caddy(caddy) => Some(caddy),
        }
    }

    /// The source of the certificates.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.caddy()?.tls.as_ref()
    }

    /// True if HAProxy passes the connections to a site on: those to the ports 80 and 443.
    pub(crate) fn is_passed(&self, site: &Site) -> bool {
        self.behind().is_some() && site.plain_port().is_none_or(|port| port == 80)
    }

    /// The addresses in the file that it listens on. Empty for all addresses.
    pub(crate) fn addresses<'a>(&'a self, host: &'a Host) -> &'a [Value<Address>] {
        match &self.bind.value {
            Bind::Tailscale => match &host.tailscale {
                Some(tailscale) => std::slice::from_ref(&tailscale.address),
                None => &[],
            },
            Bind::On { addresses, .. } => addresses,
            Bind::All => &[],
        }
    }

    /// The addresses in the file that a site answers on. Empty for all addresses.
    pub(crate) fn addresses_of<'a>(&'a self, site: &'a Site, host: &'a Host) -> &'a [Value<Address>] {
        match site.addresses.is_empty() {
            true => self.addresses(host),
            false => &site.addresses,
        }
    }

    /// The address at which programs of the host reach a site. `None` for 127.0.0.1.
    pub(crate) fn local_address<'a>(&'a self, site: &'a Site, host: &'a Host) -> Option<&'a Value<Address>> {
        self.addresses_of(site, host).first()
    }

    /// The addresses at which other machines reach a site. Empty if they are not in the file.
    pub(crate) fn outside_addresses<'a>(&'a self, site: &'a Site, host: &'a Host) -> Vec<&'a Value<Address>> {
        let addresses = self.addresses_of(site, host).iter();
        addresses.filter(|address| !address.value.0.is_loopback()).collect()
    }

    /// The secrets that the front uses.
    pub(crate) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        match self.tls() {
            Some(Tls::Acme(acme)) => {
                let credentials = acme.credentials.entries.iter().map(|(_, secret)| secret);
                acme.token
                    .iter()
                    .chain(credentials)
                    .map(|secret| UsedSecret::of(secret, Some(Format::Raw)))
                    .collect()
            }
            Some(Tls::Plugin(plugin)) => vec![UsedSecret::of(&plugin.environment, Some(Format::Env))],
            Some(Tls::Tailscale | Tls::Internal) | None => Vec::new(),
        }
    }

    /// The key of the front in the file.
    pub(crate) fn key(&self) -> &'static str {
        match &self.program {
            Program::Caddy(_) => "caddy",
        }
    }

    /// The name of the unit.
    pub(crate) fn unit(&self) -> &'static str {
        match &self.program {
            Program::Caddy(_) => "caddy.service",
        }
    }

    /// The Caddyfile lines of the file, each with its position in the Caddyfile.
    pub(crate) fn caddy_lines(&self) -> impl Iterator<Item = (&Text, CaddyfilePosition)> {
        let global = self.caddy().and_then(|caddy| caddy.global.as_ref());
        let extra = self.caddy().and_then(|caddy| caddy.extra.as_ref());
        let of_sites = self.sites.iter().map(|site| &site.extra);
        let of_sites = of_sites.chain(self.unlinked_sites.iter().map(|site| &site.extra)).flatten();
        let blocks = global.into_iter().chain(of_sites).map(|lines| (lines, CaddyfilePosition::Block));
        extra.into_iter().map(|lines| (lines, CaddyfilePosition::TopLevel)).chain(blocks)
    }

    /// The common headers of all sites, and the headers of each site.
    pub(crate) fn all_headers(&self) -> impl Iterator<Item = &(Text, Text)> {
        let of_sites = self.sites.iter().map(|site| &site.headers);
        let of_sites = of_sites.chain(self.unlinked_sites.iter().map(|site| &site.headers));
        std::iter::once(&self.headers).chain(of_sites).flat_map(|headers| &headers.0)
    }
}

/// A site.
#[derive(Debug)]
pub(crate) struct Site {
    /// The full name.
    pub(crate) host: Text,
    /// The port of a site in plain HTTP.
    pub(crate) listen: Option<Value<ListenAddress>>,
    /// The addresses that it answers on. Empty for all addresses of the front.
    pub(crate) addresses: Vec<Value<Address>>,
    /// The service of the site.
    pub(crate) service: Option<Id<Service>>,
    /// The response.
    pub(crate) answer: Answer,
    /// How the certificate of the target is verified.
    pub(crate) certificate: Certificate,
    /// Other targets for some paths, the most specific path first.
    pub(crate) paths: Vec<SitePath>,
    /// The only clients that the site answers, if it does not answer all.
    pub(crate) allow_from: Option<Spanned<Vec<Value<ClientRange>>>>,
    /// The login.
    pub(crate) auth: Option<SiteAuth>,
    /// True if the login could not be read; a diagnostic was emitted.
    pub(crate) auth_is_unread: bool,
    /// True if the tunnel of Cloudflare leads to it.
    pub(crate) tunnel: Flag,
    /// True if that could not be read; a diagnostic was emitted.
    pub(crate) tunnel_is_unread: bool,
    /// True if the DNS server of the host has its names.
    pub(crate) rewrite: Flag,
    /// Additional names.
    pub(crate) aliases: Vec<Value<Domain>>,
    /// The port on the host in the file. `None` for the service's port.
    pub(crate) port: Option<Number>,
    /// Headers of its responses.
    pub(crate) headers: Pairs,
    /// Additional lines of the Caddyfile.
    pub(crate) extra: Option<Text>,
    /// True if its name is one label below the domain, so that the wildcard certificate covers it.
    pub(crate) below_domain: bool,
}

impl Site {
    /// The full name and the additional names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Text> {
        std::iter::once(&self.host).chain(self.aliases.iter().map(|alias| &alias.text))
    }

    /// The port of a site in plain HTTP.
    pub(crate) fn plain_port(&self) -> Option<u16> {
        self.listen.as_ref().map(|listen| listen.value.port)
    }

    /// True if the site does not answer every request.
    pub(crate) fn is_guarded(&self) -> bool {
        self.allow_from.is_some() || self.auth.is_some()
    }
}

/// A site without a valid target or without a name.
#[derive(Debug)]
pub(crate) struct UnlinkedSite {
    /// The port on the host in the file.
    pub(crate) port: Option<Number>,
    /// Headers of its responses.
    pub(crate) headers: Pairs,
    /// Additional lines of the Caddyfile.
    pub(crate) extra: Option<Text>,
}

/// Paths of a site with a target of their own.
#[derive(Debug)]
pub(crate) struct SitePath {
    /// The paths.
    pub(crate) path: Value<UrlPaths>,
    /// The target.
    pub(crate) upstream: Upstream,
    /// The port on the host in the file.
    pub(crate) port: Option<Number>,
    /// How the certificate of the target is verified.
    pub(crate) certificate: Certificate,
}

/// The response of a site.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A reverse proxy.
    Proxy(Upstream),
    /// A redirect.
    Redirect(Text),
    /// Only its additional lines.
    Lines,
}

/// The target of a reverse proxy.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    /// The address of the target.
    pub(crate) address: UpstreamAddress,
    /// True if the target has a certificate.
    pub(crate) https: bool,
    /// The span of the target.
    pub(crate) span: Span,
}

/// A target of a site, a path or an auth provider, with the keys beside it.
pub(crate) struct Forward<'a> {
    /// The target. `None` for a site that forwards nothing.
    pub(crate) upstream: Option<&'a Upstream>,
    /// The port on the host in the file.
    pub(crate) port: Option<&'a Number>,
    /// How the certificate of the target is verified. `None` with HAProxy.
    pub(crate) certificate: Option<&'a Certificate>,
}

impl Host {
    /// The targets of all sites, of their paths, and of the auth providers.
    pub(crate) fn forwards(&self) -> impl Iterator<Item = Forward<'_>> {
        fn of_path(path: &SitePath) -> Forward<'_> {
            Forward {
                upstream: Some(&path.upstream),
                port: path.port.as_ref(),
                certificate: Some(&path.certificate),
            }
        }
        let of_caddy = self.front.iter().flat_map(|front| &front.sites).flat_map(|site| {
            let upstream = match &site.answer {
                Answer::Proxy(upstream) => Some(upstream),
                Answer::Redirect(_) | Answer::Lines => None,
            };
            let own = Forward { upstream, port: site.port.as_ref(), certificate: Some(&site.certificate) };
            std::iter::once(own).chain(site.paths.iter().map(of_path))
        });
        let of_haproxy = self.haproxy.iter().flat_map(|haproxy| &haproxy.sites).flat_map(|site| {
            let own = Forward { upstream: Some(&site.upstream), port: site.port.as_ref(), certificate: None };
            let of_paths = site.paths.iter().map(of_path);
            std::iter::once(own).chain(of_paths.map(|path| Forward { certificate: None, ..path }))
        });
        let of_auth = self.auth.values().map(|provider| Forward {
            upstream: Some(&provider.upstream),
            port: provider.port.as_ref(),
            certificate: Some(&provider.certificate),
        });
        of_caddy.chain(of_haproxy).chain(of_auth)
    }
}

/// How the certificate of a target is verified.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// True if every certificate is accepted.
    pub(crate) insecure: Flag,
    /// The name in the certificate. `None` for the name or the address of the target.
    pub(crate) server_name: Option<Value<Domain>>,
}

impl Certificate {
    /// The keys that the file sets, with their spans.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&'static str, Span)> {
        let insecure = self.insecure.text.written().map(|text| ("insecure", text.span));
        insecure.into_iter().chain(self.server_name.iter().map(|name| ("server_name", name.span())))
    }
}

/// The address of a target.
#[derive(Clone, Debug)]
pub(crate) enum UpstreamAddress {
    /// A port of 127.0.0.1.
    Port(HostPort),
    /// An IP address or the name of another host, with a port.
    Other(Text, Text),
}

impl Upstream {
    /// The port of 127.0.0.1, if that is the target.
    pub(crate) fn host_port(&self) -> Option<&HostPort> {
        match &self.address {
            UpstreamAddress::Port(port) => Some(port),
            UpstreamAddress::Other(..) => None,
        }
    }

    /// True if the target has a certificate and is on port 80, the port of HTTP, as Caddy gets it.
    pub(crate) fn is_https_on_http_port(&self, host: &Host) -> bool {
        let number = match &self.address {
            UpstreamAddress::Port(HostPort::Service(id)) => {
                host.service(id).and_then(|service| service.port.as_ref()).map(|port| port.text.value())
            }
            UpstreamAddress::Port(HostPort::Fixed(port)) | UpstreamAddress::Other(_, port) => {
                Some(port.value())
            }
        };
        self.https && number.and_then(|number| number.parse().ok()) == Some(80_u16)
    }

    /// True if the target is an address, whose certificate is rarely for it.
    pub(crate) fn is_address(&self) -> bool {
        match &self.address {
            UpstreamAddress::Port(_) => true,
            UpstreamAddress::Other(host, _) => host.value().parse::<IpAddr>().is_ok(),
        }
    }
}
