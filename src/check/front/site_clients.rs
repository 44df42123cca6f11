//! `allow_from` has to admit clients that reach the addresses of the site.

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::ClientRange;
use crate::hir::Host;
use crate::setting::Bind;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(front) = &host.front else { return };
    let admits = |ranges: &[IpNet], nets: &[IpNet]| {
        ranges.iter().any(|range| nets.iter().any(|net| net.contains(range) || range.contains(net)))
    };
    let tailnet = ClientRange::Tailnet.subnets();
    for site in &front.sites {
        let Some(allowed) = &site.allow_from else { continue };
        let ranges: Vec<IpNet> = allowed.value.iter().flat_map(|range| range.value.subnets()).collect();
        if ranges.is_empty() {
            diagnostics.push(
                Diagnostic::new(
                    Code::NoClients,
                    "the site admits no client",
                    allowed.span,
                    "the list is empty",
                )
                .help("list subnets such as `192.168.1.0/24`, or remove `allow_from`"),
            );
            continue;
        }
        let (fact, nets) = match &front.bind.value {
            Bind::Tailscale => ("the site listens on the tailnet only", tailnet.clone()),
            Bind::On { addresses, interfaces } => {
                let is_loopback = !addresses.is_empty() && addresses.iter().all(|a| a.value.0.is_loopback());
                if !is_loopback || !interfaces.is_empty() {
                    continue;
                }
                let loopback = ["127.0.0.0/8", "::1/128"].iter().filter_map(|net| net.parse().ok());
                ("the site listens on loopback only", loopback.collect())
            }
            Bind::All => continue,
        };
        if !admits(&ranges, &nets) {
            let listed: Vec<String> = nets.iter().map(|net| format!("`{net}`")).collect();
            let help = match front.bind.value {
                Bind::Tailscale => "add `tailnet` to `allow_from`".to_owned(),
                _ => format!("add {} to `allow_from`, or listen on another address", listed.join(" or ")),
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::NoClients,
                    "the site admits no client that reaches it",
                    allowed.span,
                    "none of these addresses reaches the site",
                )
                .and(front.bind.span, fact)
                .help(help),
            );
        }
    }
}
