//! The answer of a site: its targets, and the clients that get it.
//!
//! ```yaml
//! site: { to: "server:8080", paths: { /api/*: "bridge:3010" }, allow_from: [tailnet] }
//! ```
//! ```text
//! @homegen-denied not remote_ip 100.64.0.0/10 fd7a:115c:a1e0::/48
//! route {
//!   respond @homegen-denied 403
//!   handle {
//!     route {
//!       handle /api/* {
//!         reverse_proxy 127.0.0.1:3010
//!       }
//!     }
//!     reverse_proxy 127.0.0.1:8080
//!   }
//! }
//! ```

use std::collections::HashSet;

use super::{auth, block, indented, line, lines, quoted, tunnel};
use crate::caddyfile;
use crate::hir::front::{Certificate, DENIED};
use crate::hir::{Answer, Host, Site, Upstream, UpstreamAddress};
use crate::lower::context;
use crate::nix::{Part, parts};

/// The lines that answer requests to a site.
pub(super) fn lower(site: &Site, host: &Host) -> Vec<Vec<Part>> {
    let answer = unguarded(site, host);
    let client = if tunnel::imports(site) { vec![tunnel::client()] } else { Vec::new() };
    if !site.is_guarded() {
        return client.into_iter().chain(answer).chain(site.extra.iter().flat_map(lines)).collect();
    }
    let (of_site, extra) = split(site);
    let mut all = [client, of_site].concat();
    let mut guard = Vec::new();
    if let Some(allowed) = &site.allow_from {
        let subnets = allowed.value.iter().flat_map(|range| range.value.subnets());
        let subnets: Vec<String> = subnets.map(|subnet| format!(" {subnet}")).collect();
        all.push(line(format!("@{DENIED} not remote_ip{}", subnets.concat())));
        guard.push(line(format!("respond @{DENIED} 403")));
    }
    if let Some(auth) = &site.auth {
        all.extend(auth::matcher(auth));
        guard.push(line(format!("import {}", auth::snippet_name(&auth.provider))));
    }
    // Only `route` keeps the order of its lines: Caddy sorts those of a site, and would put a `handle` of the user first.
    let mut route = block(line("route"), [guard, block(line("handle"), answer)].concat());
    // Indentation would change a text of several lines.
    let is_text = site.extra.as_ref().is_some_and(|extra| caddyfile::has_long_words(&extra.value()));
    let extra = if is_text { extra } else { indented(indented(extra)) };
    // Before the two closing braces.
    let end = route.len() - 2;
    route.splice(end..end, extra);
    all.extend(route);
    all
}

/// The lines that answer every request.
fn unguarded(site: &Site, host: &Host) -> Vec<Vec<Part>> {
    let options = || if site.tunnel.value { vec![tunnel::forwarded()] } else { Vec::new() };
    let mut paths: Vec<Vec<Part>> = Vec::new();
    for path in &site.paths {
        let mut head = line("handle ");
        head.extend(parts(&path.path.text));
        paths.extend(block(head, proxy("reverse_proxy", &path.upstream, &path.certificate, host, options())));
    }
    let mut others = Vec::new();
    match &site.answer {
        Answer::Proxy(upstream) => {
            others = proxy("reverse_proxy", upstream, &site.certificate, host, options())
        }
        Answer::Redirect(to) => {
            // Caddy would read a first token with `/` or `@` as a matcher.
            let all = if to.value().starts_with(['/', '@', '*']) { "* " } else { "" };
            let mut redirect = line(format!("redir {all}"));
            redirect.extend(quoted(to));
            redirect.push(Part::Text(" permanent".into()));
            match paths.is_empty() {
                true => others.push(redirect),
                // Outside of a `handle`, Caddy redirects before it looks at paths.
                false => paths.extend(block(line("handle"), vec![redirect])),
            }
        }
        Answer::Lines => {}
    }
    if paths.is_empty() {
        return others;
    }
    // Caddy sorts paths by their length alone, so `/api*` would come before `/api`. `route` keeps the order.
    [block(line("route"), paths), others].concat()
}

/// The additional lines of a site: those that configure it, and those that answer requests.
fn split(site: &Site) -> (Vec<Vec<Part>>, Vec<Vec<Part>>) {
    let Some(extra) = &site.extra else { return (Vec::new(), Vec::new()) };
    let of_site: HashSet<usize> = caddyfile::of_site(&extra.value()).into_iter().flatten().collect();
    let (of_site, others): (Vec<_>, Vec<_>) =
        lines(extra).into_iter().enumerate().partition(|(at, _)| of_site.contains(at));
    let lines = |numbered: Vec<(usize, Vec<Part>)>| numbered.into_iter().map(|(_, line)| line).collect();
    (lines(of_site), lines(others))
}

/// A directive that sends requests to a target, with the options of the directive.
pub(super) fn proxy(
    directive: &str,
    upstream: &Upstream,
    certificate: &Certificate,
    host: &Host,
    options: Vec<Vec<Part>>,
) -> Vec<Vec<Part>> {
    let scheme = if upstream.https { "https://" } else { "" };
    let mut head = line(format!("{directive} {scheme}"));
    head.extend(address(upstream, host));
    let mut inside = options;
    if !upstream.https {
        return if inside.is_empty() { vec![head] } else { block(head, inside) };
    }
    inside.push(match upstream.is_address() {
        // Caddy 2.11 sends the address of the target instead of the site's name, and earlier versions the site's name.
        true => line("header_up Host {host}"),
        false => line("header_up Host {upstream_hostport}"),
    });
    let mut transport = Vec::new();
    if let Some(name) = &certificate.server_name {
        let mut server_name = line("tls_server_name ");
        server_name.extend(parts(&name.text));
        transport.push(server_name);
    }
    if certificate.insecure.value {
        transport.push(line("tls_insecure_skip_verify"));
    }
    if !transport.is_empty() {
        inside.extend(block(line("transport http"), transport));
    }
    block(head, inside)
}

/// The address and the port of a target.
fn address(upstream: &Upstream, host: &Host) -> Vec<Part> {
    match &upstream.address {
        UpstreamAddress::Port(port) => {
            let mut address = line("127.0.0.1:");
            address.extend(parts(&context::port(port, host)));
            address
        }
        UpstreamAddress::Other(name, port) => {
            let is_ipv6 = name.value().contains(':');
            let mut address = parts(name);
            if is_ipv6 {
                address.insert(0, Part::Text("[".into()));
                address.push(Part::Text("]".into()));
            }
            address.push(Part::Text(":".into()));
            address.extend(parts(port));
            address
        }
    }
}
