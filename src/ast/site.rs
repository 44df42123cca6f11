//! Sites.

use schemars::json_schema;

use super::SiteAuth;
use crate::form::{ClientRange, Domain, ListenAddress, SiteAddress};
use crate::setting::{Allow, Flag, Map, Number, OneOrMany, Pairs, Spanned};
use crate::shape::{keyword, mapping, schema};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A site.
    Site such as "{ subdomain: notes, to: server:8080 }" {
        /// The program that serves the site. Default: `caddy`, or `haproxy` if only that is declared.
        front: Option<Spanned<SiteFront>>,
        /// The port of a site in plain HTTP, on all addresses of the front or as `ADDRESS:PORT`. A site of Caddy without
        /// it has a certificate. Required with `front: haproxy`.
        listen: Option<Value<ListenAddress>>,
        /// The addresses that the site answers on, some of those in `caddy.bind`; `tailscale` is the tailnet address.
        /// Default: all of them.
        bind: Option<Spanned<OneOrMany<Value<SiteAddress>>>>,
        /// The name below the `domain` of the front. Set either `subdomain` or `host`. A site of HAProxy without a name
        /// answers every name on its port.
        subdomain: Option<Value<Domain>>,
        /// The full name, in place of a subdomain.
        host: Option<Value<Domain>>,
        /// Additional full names, `serverAliases`.
        aliases: Vec<Value<Domain>>,
        /// The target of the reverse proxy: a port of a container or of a unit of the service, or an address with a port.
        /// `https://` in front of it for a target with a certificate. Default: the service's `port`, if it has units.
        to: Option<Upstream>,
        /// The port on 127.0.0.1, only if `to` is a container or absent. Default: the service's `port`.
        port: Option<Number>,
        /// Accepts every certificate of a target with `https://`, such as a self-signed one.
        insecure: Flag = "false",
        /// The name in the certificate of a target with `https://`. Default: the name or the address in `to`.
        server_name: Option<Value<Domain>>,
        /// Other targets for some paths, by path: `/api/*`, or `/status` for this path alone. The most specific path
        /// applies.
        paths: Map<PathTarget>,
        /// The target of a permanent redirect, in place of `to`. `{uri}` is a placeholder of Caddy.
        redirect: Option<Text>,
        /// The only clients that the site answers: subnets, addresses, and `tailnet`. Others get the status 403.
        allow_from: Option<Spanned<Vec<Value<ClientRange>>>>,
        /// The program under `auth` that asks for a login, with paths that need none.
        auth: Option<SiteAuth>,
        /// Reaches the site from the internet through the tunnel of `cloudflared`.
        tunnel: Flag = "false",
        /// Lets AdGuard Home on the host (`adguard`) answer the names of the site with the addresses in `caddy.bind`.
        rewrite: Flag = "false",
        /// Headers of the site's responses, in addition to the headers of all sites.
        headers: Pairs,
        /// Lines of a Caddyfile for this site, as a multi-line text. Without `to` and `redirect`, they are the
        /// whole configuration of the site.
        extra: Option<Text>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

keyword! {
    /// The program that serves a site.
    SiteFront is "a front" {
        /// Caddy.
        Caddy = "caddy",
        /// HAProxy.
        HaProxy = "haproxy",
    }
}

/// Several sites.
pub(crate) type Sites = Vec<Site>;

/// The target of a site.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    /// True for `https://`.
    pub https: bool,
    /// A container's name, an address, or the name of another host.
    pub host: Text,
    /// The port of the target.
    pub port: Text,
    /// The span of the value.
    pub span: Span,
}

schema!(Upstream, |_g| json_schema!({
    "title": "`container:port` or `address:port`, also with `https://`",
    "type": "string",
    "pattern": "^([hH][tT][tT][pP][sS]://)?[^/]+$",
}));

/// The target of a path.
#[derive(Clone, Debug)]
pub(crate) struct PathTarget(pub LongPathTarget);

mapping! {
    /// The target of a path.
    LongPathTarget such as "{ to: \"bridge:3010\" }" called "/api/*" {
        /// The target: a port of a container or of a unit of this service, the same of another service as
        /// `service.container:port`, or an address with a port.
        to: Upstream,
        /// The port on 127.0.0.1, only if `to` is a container. Default: the port that already publishes the target, or
        /// the target's number.
        port: Option<Number>,
        /// Accepts every certificate of a target with `https://`, such as a self-signed one.
        insecure: Flag = "false",
        /// The name in the certificate of a target with `https://`. Default: the name or the address in `to`.
        server_name: Option<Value<Domain>>,
    }
}

schema!(PathTarget, |g| {
    let short = g.subschema_for::<Upstream>();
    let long = g.subschema_for::<LongPathTarget>();
    json_schema!({ "title": "`container:port` or [mapping](#sites)", "anyOf": [short, long] })
});
