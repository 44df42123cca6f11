//! `allow_from` has to admit clients that reach the addresses of the site.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Address, ClientRange};
use crate::hir::Host;
use crate::setting::Spanned;
use crate::source::Span;
use crate::tree::Node;
use crate::value::Value;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let tailnet = host.tailscale.as_ref().map(|tailscale| tailscale.address.value.0);
    if let Some(front) = &host.front {
        let of_addresses =
            |addresses: &[Value<Address>]| reach(addresses.iter().map(|address| address.value.0), tailnet);
        let of_front = of_addresses(front.addresses(host));
        for site in &front.sites {
            let Some(allowed) = &site.allow_from else { continue };
            match site.addresses.first() {
                Some(first) => check_one(allowed, of_addresses(&site.addresses), first.span(), diagnostics),
                None => check_one(allowed, of_front, front.bind.span, diagnostics),
            }
        }
    }
    for site in host.haproxy.iter().flat_map(|haproxy| &haproxy.sites) {
        let Some(allowed) = &site.allow_from else { continue };
        let reach = reach(site.listen.value.address, tailnet);
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

/// The clients that reach some addresses. No addresses stand for all.
fn reach(addresses: impl IntoIterator<Item = IpAddr>, tailnet: Option<IpAddr>) -> Reach {
    let of = |address: IpAddr| match address.is_loopback() {
        true => Reach::Loopback,
        false if Some(address) == tailnet => Reach::Tailnet,
        false => Reach::All,
    };
    let all = addresses.into_iter().map(of);
    all.reduce(|one, other| if one == other { one } else { Reach::All }).unwrap_or(Reach::All)
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
