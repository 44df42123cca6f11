//! A visitor who comes through the tunnel needs the login page of the site, which is on a site of its own.

use std::collections::HashMap;

use super::program::{Program, Programs};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Site};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(front) = &host.front else { return };
    // An unreadable site may be the login page.
    if !front.unlinked_sites.is_empty() || front.sites.iter().any(|site| site.tunnel_is_unread) {
        return;
    }
    let programs = Programs::of(host);
    // The first site of each program, or the one in the tunnel.
    let mut pages: HashMap<Program, &Site> = HashMap::new();
    for site in &front.sites {
        let Some(program) = programs.of_site(site) else { continue };
        let page = pages.entry(program).or_insert(site);
        if site.tunnel.value {
            *page = site;
        }
    }
    for site in front.sites.iter().filter(|site| site.tunnel.value) {
        let Some(auth) = &site.auth else { continue };
        let Some(provider) = host.auth.get(&auth.provider) else { continue };
        // A program on another host, or without a site here, may have its login page anywhere.
        let page = pages.get(&programs.at(&provider.upstream));
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
