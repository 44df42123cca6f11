//! `localhost` is ::1 first, and published ports are on 127.0.0.1.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(front) = &host.front else { return };
    let of_sites = front.sites.iter().filter_map(|s| s.declared.extra.as_ref());
    for text in front.declared.extra.iter().chain(of_sites).filter(|t| proxies_to_localhost(t)) {
        diagnostics.push(
            Diagnostic::new(
                Code::LocalhostUpstream,
                "a proxy to `localhost`, which is ::1 as well",
                text.span,
                "Caddy may try an address where nothing listens",
            )
            .help("write 127.0.0.1"),
        );
    }
}

fn proxies_to_localhost(lines: &Text) -> bool {
    lines.value().lines().any(|line| {
        let mut words = line.split_whitespace();
        matches!(words.next(), Some("reverse_proxy" | "to"))
            && words.any(|w| {
                let host = w.split_once("://").map_or(w, |(_, rest)| rest);
                host == "localhost" || host.starts_with("localhost:")
            })
    })
}
