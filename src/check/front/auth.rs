//! An auth provider is used, and its own site is open: visitors without a login need its login page. The headers of its
//! answer say who the visitor is, and leave the request itself as it is.

use std::collections::{HashMap, HashSet};

use super::program::Programs;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::HeaderName;
use crate::hir::{AuthProvider, Host, Id, SiteAuth};
use crate::source::Span;
use crate::tree::Node;
use crate::value::Value;

/// Headers about the connection and the length of a message, which hold for one message alone (RFC 9110, 7.6.1 and 8.6; RFC
/// 9112, 6.1).
const OF_ONE_MESSAGE: &[&str] = &[
    "Connection",
    "Content-Length",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Te",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for header in host.auth.values().flat_map(|provider| &provider.headers) {
        check_header(header, diagnostics);
    }
    let sites = || host.front.iter().flat_map(|front| &front.sites);
    let programs = Programs::of(host);
    for site in sites() {
        let Some(auth) = &site.auth else { continue };
        if let Some(listen) = &site.listen {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    "a login needs a site with a certificate",
                    auth.span,
                    "the cookie of the login would be sent in plain HTTP",
                )
                .and(listen.span(), "plain HTTP")
                .help("remove `listen`, or remove `auth`"),
            );
        }
        check_except(auth, diagnostics);
        let Some(provider) = host.auth.get(&auth.provider) else { continue };
        if programs.of_site(site) != Some(programs.at(&provider.upstream)) {
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
    if host.may_lack_sites() || sites().any(|site| site.auth_is_unread) {
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

/// Reports an `except` that leaves no path with a login, and paths that are listed twice.
fn check_except(auth: &SiteAuth, diagnostics: &mut Diagnostics) {
    // Caddy compares paths without regard to case.
    let mut seen: HashMap<String, Span> = HashMap::new();
    for path in &auth.except {
        let (text, span) = (path.value.as_str(), path.span());
        if let Some(first) = seen.insert(text.to_lowercase(), span) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    format!("`except` has the path `{text}` twice"),
                    span,
                    "listed again here",
                )
                .and(first, "first listed here")
                .help("remove one of the two"),
            );
        } else if path.value.prefix() == Some("/") {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    "no path of the site asks for a login",
                    span,
                    "matches every path",
                )
                .and(auth.span, "never used")
                .help(format!("remove `{text}` from `except`, or remove `auth`")),
            );
        }
    }
}

fn check_header(header: &Value<HeaderName>, diagnostics: &mut Diagnostics) {
    let name = header.value.as_str();
    let written = header.text.value();
    let why = match name {
        "Host" => "is the name of the requested site",
        name if OF_ONE_MESSAGE.contains(&name) => "belongs to the answer itself, and would break the request",
        _ => return,
    };
    diagnostics.push(
        Diagnostic::new(
            Code::BadSite,
            format!("`{written}` cannot be copied from the answer of a login"),
            header.span(),
            why,
        )
        .help("remove it from `copy_headers`"),
    );
}
