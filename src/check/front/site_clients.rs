//! `allow_from` has to admit clients that reach the addresses of the site.

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::ClientRange;
use crate::hir::Host;
use crate::setting::{Bind, Spanned};
use crate::source::Span;
use crate::tree::Node;
use crate::value::Value;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    if let Some(front) = &host.front {
        let reach = match &front.bind.value {
            Bind::Tailscale => Reach::Tailnet,
            Bind::On { addresses, interfaces } => {
                let is_loopback = addresses.iter().all(|address| address.value.0.is_loopback());
                match interfaces.is_empty() && !addresses.is_empty() && is_loopback {
                    true => Reach::Loopback,
                    false => Reach::All,
                }
            }
            Bind::All => Reach::All,
        };
        for allowed in front.sites.iter().filter_map(|site| site.allow_from.as_ref()) {
            check_one(allowed, reach, front.bind.span, diagnostics);
        }
    }
    let tailnet = host.tailscale.as_ref().map(|tailscale| tailscale.address.value.0);
    for site in host.haproxy.iter().flat_map(|haproxy| &haproxy.sites) {
        let Some(allowed) = &site.allow_from else { continue };
        let reach = match site.listen.value.address {
            Some(_) if site.listen.value.is_loopback() => Reach::Loopback,
            address if address.is_some() && address == tailnet => Reach::Tailnet,
            _ => Reach::All,
        };
        check_one(allowed, reach, site.listen.span(), diagnostics);
    }
}

/// The clients that reach the addresses of a site.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Tailnet,
    Loopback,
    All,
}

fn check_one(
    allowed: &Spanned<Vec<Value<ClientRange>>>,
    reach: Reach,
    bound: Span,
    diagnostics: &mut Diagnostics,
) {
    let ranges: Vec<IpNet> = allowed.value.iter().flat_map(|range| range.value.subnets()).collect();
    if ranges.is_empty() {
        diagnostics.push(
            Diagnostic::new(Code::NoClients, "the site admits no client", allowed.span, "the list is empty")
                .help("list subnets such as `192.168.1.0/24`, or remove `allow_from`"),
        );
        return;
    }
    let (fact, help, nets) = match reach {
        Reach::Tailnet => (
            "the site listens on the tailnet only",
            "add `tailnet` to `allow_from`",
            ClientRange::Tailnet.subnets(),
        ),
        Reach::Loopback => (
            "the site listens on loopback only",
            "add `127.0.0.0/8` to `allow_from`, or listen on another address",
            ["127.0.0.0/8", "::1/128"].iter().filter_map(|net| net.parse().ok()).collect(),
        ),
        Reach::All => return,
    };
    if !ranges.iter().any(|range| nets.iter().any(|net| net.contains(range) || range.contains(net))) {
        diagnostics.push(
            Diagnostic::new(
                Code::NoClients,
                "the site admits no client that reaches it",
                allowed.span,
                "none of these addresses reaches the site",
            )
            .and(bound, fact)
            .help(help),
        );
    }
}
