//! A visitor who comes through the tunnel needs the login page of the site, which is on a site of its own.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Answer, Host, Id, Service, Site};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(front) = &host.front else { return };
    // An unreadable site may be the login page.
    if !front.unlinked_sites.is_empty() || front.sites.iter().any(|site| site.tunnel_is_unread) {
        return;
    }
    // The first site of each service, or the one in the tunnel.
    let mut pages: HashMap<&Id<Service>, &Site> = HashMap::new();
    for site in front.sites.iter().filter(|site| !matches!(site.answer, Answer::Redirect(_))) {
        let Some(service) = &site.service else { continue };
        let page = pages.entry(service).or_insert(site);
        if site.tunnel.value {
            *page = site;
        }
    }
    for site in front.sites.iter().filter(|site| site.tunnel.value) {
        let Some(auth) = &site.auth else { continue };
        let Some(provider) = host.auth.get(&auth.provider) else { continue };
        // A program on another host, or without a site here, may have its login page anywhere.
        let page = provider.service.as_ref().and_then(|service| pages.get(service));
        let Some(page) = page.filter(|page| !page.tunnel.value) else { continue };
        let name = page.host.value();
        diagnostics.push(
            Diagnostic::new(
                Code::TunnelLogin,
                format!("the login page {name} is outside of the tunnel"),
                page.host.span,
                "visitors from the internet do not reach this site",
            )
            .and(auth.span, "a site in the tunnel asks for this login")
            .help(format!("add `tunnel: true` to the site {name}"))
            .once(),
        );
    }
}
