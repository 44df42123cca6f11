//! Caddy's addresses and certificates.

use schemars::json_schema;

use super::Map;
use crate::form::{Address, Email, Interface, SecretName, Variable};
use crate::shape::{mapping, schema};
use crate::tree::Text;
use crate::value::Value;

/// The addresses that Caddy listens on.
#[derive(Clone, Debug)]
pub(crate) enum Bind {
    /// The host's address in the tailnet.
    Tailscale,
    /// All addresses.
    All,
    /// All addresses of some interfaces, or some addresses.
    On {
        /// The interfaces that the firewall opens. Caddy listens on all addresses.
        interfaces: Vec<Value<Interface>>,
        /// The addresses that Caddy listens on.
        addresses: Vec<Value<Address>>,
    },
}

schema!(Bind, |_g| json_schema!({ "title": "`tailscale`, `all`, interface names or IP addresses", "anyOf": [
    { "enum": ["tailscale", "all"] },
    { "type": "string" },
    { "type": "array", "items": { "type": "string" } },
] }));

/// The source of the certificates.
#[derive(Clone, Debug)]
pub(crate) enum Tls {
    /// The tailnet, for `*.ts.net`.
    Tailscale,
    /// A certificate authority of Caddy's own.
    Internal,
    /// `security.acme` with a DNS challenge.
    Acme(AcmeTls),
    /// A DNS plugin that is built into Caddy.
    Plugin(PluginTls),
}

mapping! {
    /// Certificates through `security.acme` and a DNS challenge.
    AcmeTls such as "{ acme: cloudflare, token: cloudflare-token, email: me@example.de }" {
        /// The DNS provider, as lego names it (<https://go-acme.github.io/lego/dns>).
        acme: Value<Variable>,
        /// The secret with the API token, for providers with a single token: cloudflare, desec, digitalocean,
        /// dnsimple, duckdns, gandiv5, hetzner, linode, netlify, vercel.
        token: Option<Value<SecretName>>,
        /// The secrets of all other providers, by variable. The variables end in `_FILE`, such as
        /// CF_DNS_API_TOKEN_FILE.
        credentials: Map<Value<SecretName>>,
        /// Your email address, for the certificate authority.
        email: Value<Email>,
    }
}

mapping! {
    /// Certificates through a DNS plugin that is built into Caddy.
    PluginTls such as "{ plugins: [github.com/caddy-dns/cloudflare@v0.2.2], hash: sha256-…, acme_dns: \"cloudflare {env.CF_API_TOKEN}\", environment: cloudflare }" {
        /// The plugins with their versions, such as `github.com/caddy-dns/cloudflare@v0.2.2`. Required.
        plugins: Vec<Text>,
        /// The hash of the build with these plugins, `sha256-…`.
        hash: Text,
        /// The value of Caddy's global option `acme_dns`, such as `cloudflare {env.CF_API_TOKEN}`.
        acme_dns: Text,
        /// A secret of format `env` with the variables that the plugin uses.
        environment: Value<SecretName>,
        /// Your email address, for the certificate authority.
        email: Option<Value<Email>>,
    }
}

schema!(Tls, |g| {
    let acme = g.subschema_for::<AcmeTls>();
    let plugin = g.subschema_for::<PluginTls>();
    json_schema!({ "title": "`tailscale`, `internal` or [mapping]", "anyOf": [{ "enum": ["tailscale", "internal"] }, acme, plugin] })
});
