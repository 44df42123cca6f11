//! The front, and its sites.

use super::{HostPort, Id, Service, Tells};
use crate::caddyfile::Place;
use crate::form::Domain;
use crate::setting::{Bind, Format, Number, Pairs, Spanned, Tls, Unread, UsedSecret};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// The name of the Caddy snippet with the headers of all sites.
pub(crate) const HEADERS: &str = "site-headers";

/// The program that serves all sites, and what every site has.
#[derive(Debug)]
pub(crate) struct Front {
    /// Where it stands.
    pub(crate) span: Span,
    /// What of it could not be read.
    pub(crate) unread: Unread,
    /// The domain of the sites.
    pub(crate) domain: Option<Value<Domain>>,
    /// Where it listens.
    pub(crate) bind: Spanned<Bind>,
    /// Headers that every answer has.
    pub(crate) headers: Pairs,
    /// Every site that leads somewhere.
    pub(crate) sites: Vec<Site>,
    /// The others, which were reported.
    pub(crate) lost_sites: Vec<LostSite>,
    /// Whether somebody is told when it fails.
    pub(crate) tells: Tells,
    /// The program.
    pub(crate) program: Program,
}

/// A program that serves sites, with what is its own.
#[derive(Debug)]
pub(crate) enum Program {
    /// Caddy.
    Caddy(Caddy),
}

/// What is Caddy's own.
#[derive(Debug)]
pub(crate) struct Caddy {
    /// How it comes by certificates.
    pub(crate) tls: Option<Tls>,
    /// Lines for its global options.
    pub(crate) global: Option<Text>,
    /// Lines at the top level of its Caddyfile.
    pub(crate) extra: Option<Text>,
}

impl Front {
    /// Caddy, where that is the program.
    pub(crate) fn caddy(&self) -> Option<&Caddy> {
        match &self.program {
            Program::Caddy(caddy) => Some(caddy),
        }
    }

    /// How it comes by certificates.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.caddy()?.tls.as_ref()
    }

    /// The secrets that it uses.
    pub(crate) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        match self.tls() {
            Some(Tls::Acme(acme)) => {
                let credentials = acme.credentials.entries.iter().map(|(_, secret)| secret);
                acme.token.iter().chain(credentials).map(|secret| (secret, Some(Format::Raw))).collect()
            }
            Some(Tls::Plugin(plugin)) => vec![(&plugin.environment, Some(Format::Env))],
            Some(Tls::Tailscale | Tls::Internal) | None => Vec::new(),
        }
    }

    /// The key of the file that declares it.
    pub(crate) fn key(&self) -> &'static str {
        match &self.program {
            Program::Caddy(_) => "caddy",
        }
    }

    /// Its unit.
    pub(crate) fn unit(&self) -> &'static str {
        match &self.program {
            Program::Caddy(_) => "caddy.service",
        }
    }

    /// The lines of a Caddyfile that the file has, each with its place there.
    pub(crate) fn caddy_lines(&self) -> impl Iterator<Item = (&Text, Place)> {
        let global = self.caddy().and_then(|caddy| caddy.global.as_ref());
        let extra = self.caddy().and_then(|caddy| caddy.extra.as_ref());
        let of_sites = self.sites.iter().map(|site| &site.extra);
        let of_sites = of_sites.chain(self.lost_sites.iter().map(|site| &site.extra)).flatten();
        let blocks = global.into_iter().chain(of_sites).map(|lines| (lines, Place::Block));
        extra.into_iter().map(|lines| (lines, Place::TopLevel)).chain(blocks)
    }

    /// The ports on the host that sites have of their own.
    pub(crate) fn site_ports(&self) -> impl Iterator<Item = &Number> {
        let lost = self.lost_sites.iter().map(|site| &site.port);
        self.sites.iter().map(|site| &site.port).chain(lost).flatten()
    }

    /// The headers of all sites, and those of each.
    pub(crate) fn all_headers(&self) -> impl Iterator<Item = &(Text, Text)> {
        let of_sites = self.sites.iter().map(|site| &site.headers);
        let of_sites = of_sites.chain(self.lost_sites.iter().map(|site| &site.headers));
        std::iter::once(&self.headers).chain(of_sites).flat_map(|headers| &headers.0)
    }
}

/// A site.
#[derive(Debug)]
pub(crate) struct Site {
    /// Its whole name.
    pub(crate) host: Text,
    /// The service that it belongs to.
    pub(crate) service: Option<Id<Service>>,
    /// What it answers with.
    pub(crate) answer: Answer,
    /// More names.
    pub(crate) aliases: Vec<Value<Domain>>,
    /// The port on the host that is written, where it is not the service's.
    pub(crate) port: Option<Number>,
    /// Headers that its answers have.
    pub(crate) headers: Pairs,
    /// Lines of its own.
    pub(crate) extra: Option<Text>,
    /// Whether its name is one label below the domain, which one certificate covers.
    pub(crate) below_domain: bool,
}

/// A site that leads nowhere, or has no name.
#[derive(Debug)]
pub(crate) struct LostSite {
    /// The port on the host that is written.
    pub(crate) port: Option<Number>,
    /// Headers that its answers would have.
    pub(crate) headers: Pairs,
    /// Lines of its own.
    pub(crate) extra: Option<Text>,
}

/// What a site answers with.
#[derive(Debug)]
pub(crate) enum Answer {
    /// What listens on a port of 127.0.0.1.
    Port(HostPort),
    /// What listens elsewhere.
    Upstream {
        /// The address.
        address: Text,
        /// The port.
        port: Text,
    },
    /// A redirect.
    Redirect(Text),
    /// Only what its own lines say.
    Lines,
}
