//! Caddy.

use super::Sites;
use crate::form::Domain;
use crate::setting::{Allow, Bind, NotifyOn, Pairs, Spanned, Tls};
use crate::shape::{keyword, mapping};
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// Caddy, the reverse proxy of all sites.
    Caddy such as "{ domain: example.de, bind: all }" {
        /// The parent domain of each site's `subdomain`.
        domain: Option<Value<Domain>>,
        /// The addresses that Caddy listens on: `tailscale`, `all`, interfaces or addresses.
        bind: Spanned<Bind>,
        /// HAProxy (`haproxy`) listens in place of Caddy, and passes connections on. Default: Caddy listens itself.
        behind: Option<Spanned<CaddyBehind>>,
        /// The source of the certificates. Without it, Caddy requests them from a public authority, which has to be
        /// able to reach the sites.
        tls: Option<Tls>,
        /// Headers of every response: `header NAME value` in each site, imported from a snippet if there are
        /// several sites. `-NAME` removes a header; `+NAME` adds one.
        headers: Pairs,
        /// Sites that belong to no service. Their `to` is an address.
        sites: Sites,
        /// Sends a notification when Caddy fails, or when an address that it waits for does not appear.
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

keyword! {
    /// The program that passes connections on to Caddy.
    CaddyBehind is "a program before Caddy" {
        /// HAProxy.
        HaProxy = "haproxy",
    }
}
