//! The front (the reverse proxy), and its sites.

use super::{HostPort, Id, Notification, Service};
use crate::caddyfile::CaddyfilePosition;
use crate::form::Domain;
use crate::setting::{Bind, Format, Number, Pairs, Spanned, Tls, UnreadableParts, UsedSecret};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// The name of the Caddy snippet with the headers of all sites.
pub(crate) const HEADERS: &str = "site-headers";

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
    /// The source of the certificates.
    pub(crate) tls: Option<Tls>,
    /// Lines for Caddy's global options.
    pub(crate) global: Option<Text>,
    /// Lines at the top level of the Caddyfile.
    pub(crate) extra: Option<Text>,
}

impl Front {
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

    /// The additional ports of sites on the host.
    pub(crate) fn site_ports(&self) -> impl Iterator<Item = &Number> {
        let unlinked = self.unlinked_sites.iter().map(|site| &site.port);
        self.sites.iter().map(|site| &site.port).chain(unlinked).flatten()
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
    /// The service of the site.
    pub(crate) service: Option<Id<Service>>,
    /// The response.
    pub(crate) answer: Answer,
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

/// The response of a site.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A reverse proxy to a port of 127.0.0.1.
    Port(HostPort),
    /// A reverse proxy to another address.
    Upstream {
        /// The address.
        address: Text,
        /// The port.
        port: Text,
    },
    /// A redirect.
    Redirect(Text),
    /// Only its additional lines.
    Lines,
}
