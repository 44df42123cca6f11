//! Sites with `tunnel` and the tunnel need each other. Caddy cannot tell the clients behind a tunnel apart.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Site};
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let sites = || host.front.iter().flat_map(|front| &front.sites);
    let tunneled = || sites().filter(|site| site.tunnel.value);
    if let Some(site) = tunneled().next()
        && host.cloudflared.is_none()
        && !host.unreadable.has_unreadable(&["cloudflared"])
    {
        diagnostics.push(
            Diagnostic::new(
                Code::TunnelMissing,
                "a site needs `cloudflared`, which is not declared",
                site.tunnel.text.span,
                "not reachable through a tunnel",
            )
            .help("add `cloudflared: { tunnel: ID, credentials: SECRET }`, or remove `tunnel`"),
        );
    }
    if let Some(cloudflared) = &host.cloudflared
        && tunneled().next().is_none()
        && !host.may_lack_sites()
        && !host.unreadable.has_unreadable(&["caddy", "services"])
        && !sites().any(|site| site.tunnel_is_unread)
    {
        diagnostics.push(
            Diagnostic::new(
                Code::TunnelMissing,
                "the tunnel leads to no site",
                cloudflared.span,
                "no site has `tunnel: true`",
            )
            .help("write `tunnel: true` at a site, or remove `cloudflared`"),
        );
    }
    for site in tunneled() {
        clients(site, diagnostics);
        if let Some(listen) = &site.listen {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    "the tunnel leads to sites with a certificate",
                    site.tunnel.text.span,
                    "the application would take HTTPS of its visitors for plain HTTP",
                )
                .and(listen.span(), "plain HTTP")
                .help("remove `listen`, or remove `tunnel`"),
            );
        }
        for name in site.names() {
            check_name(name, site.tunnel.text.span, diagnostics);
        }
    }
}

fn clients(site: &Site, diagnostics: &mut Diagnostics) {
    let Some(allowed) = &site.allow_from else { return };
    diagnostics.push(
        Diagnostic::new(
            Code::TunnelClients,
            "`allow_from` does not apply to clients of a tunnel",
            allowed.span,
            "compares the address of a connection",
        )
        .and(site.tunnel.text.span, "each connection of the tunnel comes from this host")
        .help("remove `tunnel`, or replace `allow_from` by `auth` or a policy of Cloudflare Access"),
    );
}

fn check_name(name: &Text, tunnel: Span, diagnostics: &mut Diagnostics) {
    let value = name.value().to_lowercase();
    let (label, help) = match value.starts_with("*.") {
        true => ("expected a name without `*`", "write each name as a site or under `aliases`"),
        false if value.ends_with(".ts.net") => {
            ("exists only in the tailnet", "remove `tunnel`, or write a name in a domain of your own")
        }
        false => return,
    };
    diagnostics.push(
        Diagnostic::new(
            Code::BadSite,
            format!("`{value}` cannot be reached through the tunnel"),
            name.span,
            label,
        )
        .and(tunnel, "the tunnel has the names of this site")
        .help(help),
    );
}
