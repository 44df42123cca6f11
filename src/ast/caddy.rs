//! Caddy and its sites.

use schemars::json_schema;

use crate::form::Domain;
use crate::setting::{Allow, Bind, NotifyOn, Number, Pairs, Spanned, Tls};
use crate::shape::{mapping, schema};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// Caddy, the reverse proxy of all sites.
    Caddy such as "{ domain: example.de, bind: all }" {
        /// The parent domain of each site's `subdomain`.
        domain: Option<Value<Domain>>,
        /// The addresses that Caddy listens on: `tailscale`, `all`, interfaces or addresses.
        bind: Spanned<Bind>,
        /// The source of the certificates. Without it, Caddy requests them from a public authority, which has to be
        /// able to reach the sites.
        tls: Option<Tls>,
        /// Headers of every response: `header NAME value` in each site, imported from a snippet if there are
        /// several sites. `-NAME` removes a header; `+NAME` adds one.
        headers: Pairs,
        /// Sites that belong to no service. Their `to` is an address.
        sites: Sites,
        /// Sends a notification when Caddy fails, or when the tailnet address that it waits for does not appear.
        /// Default: `never`.
        notify: Option<Spanned<NotifyOn>>,
        /// Lines for Caddy's global options, `services.caddy.globalConfig`, as a multi-line text.
        global: Option<Text>,
        /// Lines at the top level of the Caddyfile, `services.caddy.extraConfig`, as a multi-line text.
        extra: Option<Text>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

mapping! {
    /// A site.
    Site such as "{ subdomain: notes, to: server:8080 }" {
        /// The name below `caddy.domain`. Set either `subdomain` or `host`.
        subdomain: Option<Value<Domain>>,
        /// The full name, in place of a subdomain.
        host: Option<Value<Domain>>,
        /// Additional full names, `serverAliases`.
        aliases: Vec<Value<Domain>>,
        /// The target of the reverse proxy: a port of a container, or an address with a port.
        to: Option<Upstream>,
        /// The port on 127.0.0.1, only if `to` is a container. Default: the service's `port`.
        port: Option<Number>,
        /// The target of a permanent redirect, in place of `to`. `{uri}` is a placeholder of Caddy.
        redirect: Option<Text>,
        /// Headers of the site's responses, in addition to the headers of all sites.
        headers: Pairs,
        /// Lines of a Caddyfile for this site, as a multi-line text. Without `to` and `redirect`, they are the
        /// whole configuration of the site.
        extra: Option<Text>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

/// The target of a site.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    /// A container's name, or an address.
    pub host: Text,
    /// The port of the target.
    pub port: Text,
    /// The span of the value.
    pub span: Span,
}

schema!(
    Upstream,
    |_g| json_schema!({ "title": "`container:port` or `address:port`", "type": "string", "pattern": "^[^:]+:[0-9]+$" })
);

/// Several sites.
pub(crate) type Sites = Vec<Site>;
