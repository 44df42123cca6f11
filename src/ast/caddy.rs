//! Caddy and its sites.

use schemars::json_schema;

use super::scalar::*;
use super::{Allow, Tell};
use crate::decode::mapping;
use crate::form::{Address, Domain, Email, Interface, SecretName, Variable};
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

/// What Caddy listens on.
#[derive(Clone, Debug)]
pub enum Bind {
    /// On the host's address in the tailnet.
    Tailscale,
    /// Everywhere.
    All,
    /// On all addresses of these interfaces, or on these addresses.
    On {
        /// The firewall opens on these; Caddy listens everywhere.
        interfaces: Vec<Value<Interface>>,
        /// Caddy listens on these.
        addresses: Vec<Value<Address>>,
    },
}

schema!(Bind, |_g| json_schema!({ "anyOf": [
    { "enum": ["tailscale", "all"] },
    { "type": "string" },
    { "type": "array", "items": { "type": "string" } },
] }));

/// How certificates are had.
#[derive(Clone, Debug)]
pub enum Tls {
    /// From the tailnet, for `*.ts.net`.
    Tailscale,
    /// From a certificate authority of Caddy's own.
    Internal,
    /// Through `security.acme` and a DNS challenge.
    Acme(AcmeTls),
    /// Through a DNS plugin that is built into Caddy.
    Plugin(PluginTls),
}

mapping! {
    /// Certificates through `security.acme` and a DNS challenge.
    AcmeTls such as "{ acme: cloudflare, token: cloudflare-token, email: me@example.de }" {
        /// The DNS provider, as lego names it (<https://go-acme.github.io/lego/dns>).
        acme: Value<Variable>,
        /// The name of the secret with its API token.
        token: Option<Value<SecretName>>,
        /// The variables of the provider, such as CF_DNS_API_TOKEN_FILE, and the secret for each.
        credentials: Map<Value<SecretName>>,
        /// Your address, for the certificate authority.
        email: Value<Email>,
    }
}

mapping! {
    /// Certificates through a DNS plugin that is built into Caddy.
    PluginTls such as "{ plugins: [github.com/caddy-dns/cloudflare@v0.2.2], hash: sha256-…, acme_dns: \"cloudflare {env.CF_API_TOKEN}\", environment: cloudflare }" {
        /// The plugins with their versions, such as github.com/caddy-dns/cloudflare@v0.2.2.
        plugins: Vec<Text>,
        /// The hash of the build, sha256-….
        hash: Text,
        /// The value of the global option `acme_dns`, such as `cloudflare {env.CF_API_TOKEN}`.
        acme_dns: Text,
        /// The name of a secret of format `env` with the variables it uses.
        environment: Value<SecretName>,
        /// Your address, for the certificate authority.
        email: Option<Value<Email>>,
    }
}

schema!(Tls, |g| {
    let acme = g.subschema_for::<AcmeTls>();
    let plugin = g.subschema_for::<PluginTls>();
    json_schema!({ "anyOf": [{ "enum": ["tailscale", "internal"] }, acme, plugin] })
});

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
