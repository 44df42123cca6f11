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
        /// Where Caddy listens: `tailscale`, `all`, or interfaces or addresses.
        bind: Spanned<Bind>,
        /// How Caddy gets certificates. Without it, Caddy gets its own from a public authority, for which the sites
        /// have to be reachable from there.
        tls: Option<Tls>,
        /// Headers of every answer: `header NAME value` in each site, out of one snippet where there are several sites.
        /// A name with `-` before it removes a header; `+` adds one.
        headers: Pairs,
        /// Sites that belong to no service. Their `to` is an address.
        sites: Sites,
        /// Whether a notification is sent when Caddy fails, or the address that it waits for in the tailnet does not
        /// come. Default: `never`.
        notify: Option<Spanned<Tell>>,
        /// Lines for Caddy's global options, `services.caddy.globalConfig`: a text of several lines.
        global: Option<Text>,
        /// Lines at the top level of the Caddyfile, `services.caddy.extraConfig`: a text of several lines.
        extra: Option<Text>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

mapping! {
    /// A site.
    Site such as "{ subdomain: notes, to: server:8080 }" {
        /// Its name below `caddy.domain`. Either this or `host`.
        subdomain: Option<Value<Domain>>,
        /// Its whole name, in place of a subdomain.
        host: Option<Value<Domain>>,
        /// More whole names, `serverAliases`.
        aliases: Vec<Value<Domain>>,
        /// What it forwards to: a port of a container, or an address with a port.
        to: Option<Upstream>,
        /// The port on 127.0.0.1 behind it, only for `to` a container. Default: the service's `port`.
        port: Option<Number>,
        /// The address of another site, to which browsers are sent permanently, in place of `to`. `{uri}` is Caddy's.
        redirect: Option<Text>,
        /// Headers of its answers, besides those of all sites.
        headers: Pairs,
        /// Lines of a Caddyfile for this site: a text of several lines. With neither `to` nor `redirect` they are the
        /// whole answer.
        extra: Option<Text>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

/// What a site forwards to.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    /// A container's name, or an address.
    pub host: Text,
    /// The port there.
    pub port: Text,
    /// Where it stands.
    pub span: Span,
}

schema!(
    Upstream,
    |_g| json_schema!({ "title": "`container:port` or `address:port`", "type": "string", "pattern": "^[^:]+:[0-9]+$" })
);

/// Several sites.
pub(crate) type Sites = Vec<Site>;
