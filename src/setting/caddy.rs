//! Where Caddy listens, and how it comes by certificates.

use schemars::json_schema;

use super::Map;
use crate::form::{Address, Email, Interface, SecretName, Variable};
use crate::shape::{mapping, schema};
use crate::tree::Text;
use crate::value::Value;

/// What Caddy listens on.
#[derive(Clone, Debug)]
pub(crate) enum Bind {
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

schema!(Bind, |_g| json_schema!({ "title": "`tailscale`, `all`, interface names or IP addresses", "anyOf": [
    { "enum": ["tailscale", "all"] },
    { "type": "string" },
    { "type": "array", "items": { "type": "string" } },
] }));

/// How certificates are had.
#[derive(Clone, Debug)]
pub(crate) enum Tls {
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
        /// The secret with the API token, for providers that take one token: cloudflare, desec, digitalocean, dnsimple,
        /// duckdns, gandiv5, hetzner, linode, netlify, vercel.
        token: Option<Value<SecretName>>,
        /// For every other provider: its variables, which end in `_FILE`, such as CF_DNS_API_TOKEN_FILE, and the secret
        /// for each.
        credentials: Map<Value<SecretName>>,
        /// Your address, for the certificate authority.
        email: Value<Email>,
    }
}

mapping! {
    /// Certificates through a DNS plugin that is built into Caddy.
    PluginTls such as "{ plugins: [github.com/caddy-dns/cloudflare@v0.2.2], hash: sha256-…, acme_dns: \"cloudflare {env.CF_API_TOKEN}\", environment: cloudflare }" {
        /// The plugins with their versions, such as `github.com/caddy-dns/cloudflare@v0.2.2`. Required.
        plugins: Vec<Text>,
        /// The hash of the build, `sha256-…`.
        hash: Text,
        /// The value of Caddy's global option `acme_dns`, such as `cloudflare {env.CF_API_TOKEN}`.
        acme_dns: Text,
        /// A secret of format `env` with the variables that the plugin uses.
        environment: Value<SecretName>,
        /// Your address, for the certificate authority.
        email: Option<Value<Email>>,
    }
}

schema!(Tls, |g| {
    let acme = g.subschema_for::<AcmeTls>();
    let plugin = g.subschema_for::<PluginTls>();
    json_schema!({ "title": "`tailscale`, `internal` or [mapping]", "anyOf": [{ "enum": ["tailscale", "internal"] }, acme, plugin] })
});
