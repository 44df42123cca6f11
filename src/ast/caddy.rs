//! Caddy and its sites.

use schemars::json_schema;

use crate::form::Domain;
use crate::setting::{Allow, Bind, Number, Pairs, Spanned, Tell, Tls};
use crate::shape::{mapping, schema};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// Caddy, the front of all sites.
    Caddy such as "{ domain: example.de, bind: all }" {
        /// The domain that a site's `subdomain` is below.
        domain: Option<Value<Domain>>,
        /// Where it listens: `tailscale`, `all`, or interfaces and addresses.
        bind: Spanned<Bind>,
        /// How it comes by certificates. Default: Caddy's own, which wants the sites to be public.
        tls: Option<Tls>,
        /// Headers that every answer has.
        headers: Pairs,
        /// Sites that belong to no service.
        sites: Sites,
        /// Whether somebody is told when Caddy fails, or has no address in the tailnet. Default: never.
        notify: Option<Spanned<Tell>>,
        /// Lines for Caddy's global options.
        global: Option<Text>,
        /// Lines at the top level of the Caddyfile.
        extra: Option<Text>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

mapping! {
    /// A site.
    Site such as "{ subdomain: notes, to: server:8080 }" {
        /// Its name below `caddy.domain`.
        subdomain: Option<Value<Domain>>,
        /// Its whole name, in place of a subdomain.
        host: Option<Value<Domain>>,
        /// More whole names.
        aliases: Vec<Value<Domain>>,
        /// What it forwards to: `container:port`, or `address:port` of something else.
        to: Option<Upstream>,
        /// The port on the host behind it, where it is not the service's.
        port: Option<Number>,
        /// Where it sends the browser instead.
        redirect: Option<Text>,
        /// Headers that its answers have.
        headers: Pairs,
        /// Lines of a Caddyfile for this site.
        extra: Option<Text>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

/// What a site forwards to.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// A container's name, or an address.
    pub host: Text,
    /// The port there.
    pub port: Text,
    /// Where it stands.
    pub span: Span,
}

schema!(Upstream, |_g| json_schema!({ "type": "string", "pattern": "^[^:]+:[0-9]+$" }));

/// Several sites.
pub type Sites = Vec<Site>;
