//! The address of a client behind the tunnel of Cloudflare. Caddy sees a connection from its own host; Cloudflare sends the
//! address in a header, which a client cannot choose. An application that trusts the host, or a login with rules for
//! addresses, must not take visitors from the internet for the host.
//!
//! ```text
//! (homegen-client) {
//!   map "{remote_host} {header.Cf-Connecting-Ip}" {homegen_client} {
//!     "~^127\.0\.0\.1 ([0-9A-Fa-f.:]+)$" "$1"
//!     default {remote_host}
//!   }
//! }
//! notes.example.org {
//!   import homegen-client
//!   reverse_proxy 127.0.0.1:8080 {
//!     header_up X-Forwarded-For {homegen_client}
//!   }
//! }
//! ```

use std::collections::HashSet;
use std::net::Ipv4Addr;

use super::{block, line};
use crate::hir::{Answer, Front, Host, Site};
use crate::nix::Part;

/// The snippet that finds the address of the client.
const CLIENT: &str = "homegen-client";

/// The snippet, if a site with a tunnel imports it.
pub(super) fn snippet(front: &Front, host: &Host) -> Vec<Vec<Part>> {
    let importing: Vec<&Site> = front.sites.iter().filter(|site| imports(site)).collect();
    match importing.is_empty() {
        true => Vec::new(),
        false => block(line(format!("({CLIENT})")), lines(&importing, front, host)),
    }
}

/// True if a site imports the snippet. The snippet of a login has the lines itself: some versions of Caddy do not read an
/// import inside of an imported snippet.
pub(super) fn imports(site: &Site) -> bool {
    let is_proxy = matches!(site.answer, Answer::Proxy(_)) || !site.paths.is_empty();
    site.tunnel.value && is_proxy && site.auth.is_none()
}

/// The lines that set the placeholder to the address of the client, for sites with a tunnel.
pub(super) fn lines(sites: &[&Site], front: &Front, host: &Host) -> Vec<Vec<Part>> {
    // A connection to an address of the host comes from the same address.
    let mut addresses: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for site in sites {
        let address = front.local_address(site, host).map(|address| address.value.0);
        let address = address.unwrap_or(Ipv4Addr::LOCALHOST.into());
        if seen.insert(address) {
            addresses.push(address.to_string().replace('.', r"\."));
        }
    }
    let address = match addresses.as_slice() {
        [address] => address.clone(),
        addresses => format!("(?:{})", addresses.join("|")),
    };
    let inside =
        vec![line(format!(r#""~^{address} ([0-9A-Fa-f.:]+)$" "$1""#)), line("default {remote_host}")];
    block(line(r#"map "{remote_host} {header.Cf-Connecting-Ip}" {homegen_client}"#), inside)
}

/// The line that finds the address of the client.
pub(super) fn client() -> Vec<Part> {
    line(format!("import {CLIENT}"))
}

/// The option of a proxy that passes the address on.
pub(super) fn forwarded() -> Vec<Part> {
    line("header_up X-Forwarded-For {homegen_client}")
}
