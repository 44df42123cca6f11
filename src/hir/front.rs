//! The front, and its sites.

use super::{HostPort, Tells};
use crate::caddyfile::Place;
use crate::form::Domain;
use crate::setting::{Bind, Format, Number, Pairs, Spanned, Tls, Unread, UsedSecret};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// The name of the Caddy snippet with the headers of all sites.
pub const HEADERS: &str = "site-headers";

/// The program that serves all sites, and what every site has.
#[derive(Debug)]
pub struct Front {
    /// Where it stands.
    pub span: Span,
    /// What of it could not be read.
    pub unread: Unread,
    /// The domain of the sites.
    pub domain: Option<Value<Domain>>,
    /// Where it listens.
    pub bind: Spanned<Bind>,
    /// Headers that every answer has.
    pub headers: Pairs,
    /// Every site that leads somewhere.
    pub sites: Vec<Site>,
    /// The others, which were reported.
    pub lost_sites: Vec<LostSite>,
    /// Whether somebody is told when it fails.
    pub tells: Tells,
    /// The program.
    pub program: Program,
}

/// A program that serves sites, with what is its own.
#[derive(Debug)]
pub enum Program {
    /// Caddy.
    Caddy(Caddy),
}

/// What is Caddy's own.
#[derive(Debug)]
pub struct Caddy {
    /// How it comes by certificates.
    pub tls: Option<Tls>,
    /// Lines for its global options.
    pub global: Option<Text>,
    /// Lines at the top level of its Caddyfile.
    pub extra: Option<Text>,
}

impl Front {
    /// Caddy, where that is the program.
    pub fn caddy(&self) -> Option<&Caddy> {
        match &self.program {
            Program::Caddy(caddy) => Some(caddy),
        }
    }

    /// How it comes by certificates.
    pub fn tls(&self) -> Option<&Tls> {
        self.caddy()?.tls.as_ref()
    }

    /// The secrets that it uses.
    pub fn secrets(&self) -> Vec<UsedSecret<'_>> {
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
    pub fn key(&self) -> &'static str {
        match &self.program {
            Program::Caddy(_) => "caddy",
        }
    }

    /// Its unit.
    pub fn unit(&self) -> &'static str {
        match &self.program {
            Program::Caddy(_) => "caddy.service",
        }
    }

    /// The lines of a Caddyfile that the file has, each with its place there.
    pub fn caddy_lines(&self) -> impl Iterator<Item = (&Text, Place)> {
        let global = self.caddy().and_then(|caddy| caddy.global.as_ref());
        let extra = self.caddy().and_then(|caddy| caddy.extra.as_ref());
        let of_sites = self.sites.iter().map(|site| &site.extra);
        let of_sites = of_sites.chain(self.lost_sites.iter().map(|site| &site.extra)).flatten();
        let blocks = global.into_iter().chain(of_sites).map(|lines| (lines, Place::Block));
        extra.into_iter().map(|lines| (lines, Place::TopLevel)).chain(blocks)
    }

    /// The ports on the host that sites have of their own.
    pub fn site_ports(&self) -> impl Iterator<Item = &Number> {
        let lost = self.lost_sites.iter().map(|site| &site.port);
        self.sites.iter().map(|site| &site.port).chain(lost).flatten()
    }

    /// The headers of all sites, and those of each.
    pub fn all_headers(&self) -> impl Iterator<Item = &(Text, Text)> {
        let of_sites = self.sites.iter().map(|site| &site.headers);
        let of_sites = of_sites.chain(self.lost_sites.iter().map(|site| &site.headers));
        std::iter::once(&self.headers).chain(of_sites).flat_map(|headers| &headers.0)
    }
}

/// A site.
#[derive(Debug)]
pub struct Site {
    /// Its whole name.
    pub host: Text,
    /// The option of the service that it belongs to.
    pub service: Option<String>,
    /// What it answers with.
    pub answer: Answer,
    /// More names.
    pub aliases: Vec<Value<Domain>>,
    /// The port on the host that is written, where it is not the service's.
    pub port: Option<Number>,
    /// Headers that its answers have.
    pub headers: Pairs,
    /// Lines of its own.
    pub extra: Option<Text>,
    /// Whether its name is one label below the domain, which one certificate covers.
    pub below_domain: bool,
}

/// A site that leads nowhere, or has no name.
#[derive(Debug)]
pub struct LostSite {
    /// The port on the host that is written.
    pub port: Option<Number>,
    /// Headers that its answers would have.
    pub headers: Pairs,
    /// Lines of its own.
    pub extra: Option<Text>,
}

/// What a site answers with.
#[derive(Debug)]
pub enum Answer {
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
