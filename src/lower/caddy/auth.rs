//! The login of sites: a snippet for each program, which the sites import.
//!
//! ```yaml
//! auth: { authelia: { to: "authelia.server:9091" } }
//! services: { notes: { site: { auth: { provider: authelia, except: [/api/*] } } } }
//! ```
//! ```text
//! (homegen-auth-authelia) {
//!   request_header -Remote-User
//!   forward_auth @homegen-login 127.0.0.1:9091 {
//!     uri /api/authz/forward-auth
//!     copy_headers Remote-User
//!   }
//! }
//! ```

use std::collections::HashMap;

use super::answer::proxy;
use super::{block, line, tunnel};
use crate::hir::front::{LOGIN, RESERVED};
use crate::hir::{AuthProvider, Front, Host, Id, Site, SiteAuth};
use crate::nix::{Part, parts};

/// Headers that are not the user's to set behind a login: applications read another path from the first ones. Names with
/// `_` or `.` stand for the names with `-` in programs that get headers as variables (RFC 3875, 4.1.18; PHP also replaces
/// `.`). A `*` at the ends stands for any text.
const REMOVED: &[&str] = &["X-Original-URL", "X-Rewrite-URL", "*_*", "*.*"];

/// The name of a program's snippet.
pub(super) fn snippet_name(provider: &Id<AuthProvider>) -> String {
    format!("{RESERVED}auth-{provider}")
}

/// The snippets of the programs that sites use.
pub(super) fn snippets(front: &Front, host: &Host) -> Vec<Vec<Part>> {
    // The sites with a tunnel of each used program.
    let mut used: HashMap<&Id<AuthProvider>, Vec<&Site>> = HashMap::new();
    for (site, auth) in front.sites.iter().filter_map(|site| Some((site, site.auth.as_ref()?))) {
        used.entry(&auth.provider).or_default().extend(site.tunnel.value.then_some(site));
    }
    let providers = host.auth.iter().filter_map(|(id, provider)| Some((id, provider, used.get(id)?)));
    providers.flat_map(|(id, provider, tunneled)| snippet(id, provider, tunneled, front, host)).collect()
}

fn snippet(
    id: &Id<AuthProvider>,
    provider: &AuthProvider,
    tunneled: &[&Site],
    front: &Front,
    host: &Host,
) -> Vec<Vec<Part>> {
    let has_tunnel = !tunneled.is_empty();
    let forwarded = || if has_tunnel { vec![tunnel::forwarded()] } else { Vec::new() };
    let headers: Vec<&str> = provider.headers.iter().map(|header| header.value.as_str()).collect();
    // Caddy copies only the headers that the answer has, and some versions leave those of the client in place
    // (GHSA-7r4p-vjf4-gxv4).
    let removed = REMOVED.iter().copied().chain(headers.iter().copied());
    let mut inside = if has_tunnel { tunnel::lines(tunneled, front, host) } else { Vec::new() };
    inside.extend(removed.map(|header| line(format!("request_header -{header}"))));
    let to_provider =
        |directive: &str, options| proxy(directive, &provider.upstream, &provider.certificate, host, options);
    if let Some(paths) = provider.own_paths {
        inside.extend(block(line(format!("handle {paths}")), to_provider("reverse_proxy", forwarded())));
    }
    let mut uri = line("uri ");
    uri.extend(parts(&provider.uri));
    let mut options = vec![uri];
    options.extend(forwarded());
    if !headers.is_empty() {
        options.push(line(format!("copy_headers {}", headers.join(" "))));
    }
    inside.extend(to_provider(&format!("forward_auth @{LOGIN}"), options));
    block(line(format!("({})", snippet_name(id))), inside)
}

/// The matcher of the requests to a site that need a login.
pub(super) fn matcher(auth: &SiteAuth) -> Vec<Vec<Part>> {
    if auth.except.is_empty() {
        return vec![line(format!("@{LOGIN} path *"))];
    }
    let mut open = line("path");
    for path in &auth.except {
        open.push(Part::Text(" ".into()));
        open.extend(parts(&path.text));
    }
    // Some programs read `..;` or `..\\` as a step to the folder above, and so a path that needs a login.
    block(line(format!("@{LOGIN} not")), vec![open, line("not path *..*")])
}
