//! An auth provider is used, and its own site is open: visitors without a login need its login page.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{AuthProvider, Host, Id};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let sites = || host.front.iter().flat_map(|front| &front.sites);
    for site in sites() {
        let Some(auth) = &site.auth else { continue };
        let Some(provider) = host.auth.get(&auth.provider) else { continue };
        if provider.service.is_none() || provider.service != site.service {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                format!("the login page of `{}` would need a login", auth.provider),
                auth.span,
                "this is the provider's own site",
            )
            .and(provider.upstream.span, "the provider")
            .help("remove `auth` from this site"),
        );
    }
    let is_lost = |front: &crate::hir::Front| !front.unlinked_sites.is_empty();
    if host.front.iter().any(is_lost) || sites().any(|site| site.auth_is_unread) {
        return;
    }
    let used: HashSet<&Id<AuthProvider>> =
        sites().filter_map(|site| Some(&site.auth.as_ref()?.provider)).collect();
    for (id, provider) in host.auth.iter().filter(|(id, _)| !used.contains(id)) {
        diagnostics.push(
            Diagnostic::new(
                Code::UnusedAuth,
                format!("the auth provider `{id}` is unused"),
                provider.name.span,
                "no site asks it",
            )
            .help(format!("remove it, or write `auth: {id}` at a site")),
        );
    }
}
