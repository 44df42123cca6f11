//! A DNS rewrite of a site needs AdGuard Home and an address, and a name has one rewrite.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Front, Host, Site};
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let sites = || {
        let fronts = host.front.iter().flat_map(|front| front.sites.iter().map(move |site| (front, site)));
        fronts.filter(|(_, site)| site.rewrite.value)
    };
    if let Some((_, site)) = sites().next()
        && host.adguard.is_none()
        && !host.unreadable.has_unreadable(&["adguard"])
    {
        diagnostics.push(
            Diagnostic::new(
                Code::BadRewrite,
                "`rewrite` needs `adguard`, which is not declared",
                site.rewrite.text.span,
                "no DNS server of this host has the name",
            )
            .help("add `adguard: {}`, or remove `rewrite`"),
        );
    }
    let has_address = |(front, site): &(&Front, &Site)| !front.outside_addresses(site, host).is_empty();
    for (front, site) in sites().filter(|one| !has_address(one)) {
        let name = site.host.value();
        diagnostics.push(
            Diagnostic::new(
                Code::BadRewrite,
                format!("the address of `{name}` is not known"),
                site.rewrite.text.span,
                "answers with the address of Caddy",
            )
            .and(front.bind.span, "not an address that other machines reach")
            .help(format!(
                "remove `rewrite`, and write `adguard: {{ rewrites: {{ \"{name}\": ADDRESS }} }}`"
            )),
        );
    }
    let mut seen: HashMap<String, Span> = HashMap::new();
    let of_file =
        host.adguard.iter().flat_map(|adguard| adguard.rewrites.entries.iter().map(|(name, _)| name));
    let of_sites = sites().filter(has_address).flat_map(|(_, site)| site.names());
    for name in of_file {
        unique(name, &mut seen, diagnostics);
    }
    for name in of_sites {
        // Two sites with one name are an error of their own.
        if seen.contains_key(&name.value().to_lowercase()) {
            unique(name, &mut seen, diagnostics);
        }
    }
}

fn unique(name: &Text, seen: &mut HashMap<String, Span>, diagnostics: &mut Diagnostics) {
    let key = name.value().to_lowercase();
    let Some(first) = seen.get(&key) else {
        seen.insert(key, name.span);
        return;
    };
    diagnostics.push(
        Diagnostic::new(
            Code::BadRewrite,
            format!("`{key}` has two DNS rewrites"),
            name.span,
            "AdGuard Home would answer with both addresses",
        )
        .and(*first, "the other rewrite")
        .help("remove one of the two"),
    );
}
