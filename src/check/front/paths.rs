//! Each path of a site has one target.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Answer, Host, SitePath};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for site in host.front.iter().flat_map(|front| &front.sites) {
        let answer = match &site.answer {
            Answer::Proxy(upstream) => Some((upstream.span, "to")),
            Answer::Redirect(to) => Some((to.span, "redirect")),
            Answer::Lines => None,
        };
        check_one(&site.paths, answer, diagnostics);
    }
    for site in host.haproxy.iter().flat_map(|haproxy| &haproxy.sites) {
        check_one(&site.paths, Some((site.upstream.span, "to")), diagnostics);
    }
}

/// Checks the paths of a site. `answer` is what other paths get, with its key.
fn check_one(paths: &[SitePath], answer: Option<(Span, &str)>, diagnostics: &mut Diagnostics) {
    // Both fronts compare paths without regard to case.
    let mut seen: HashMap<String, Span> = HashMap::new();
    for path in paths {
        let (text, span) = (path.path.value.as_str(), path.path.span());
        if let Some(first) = seen.insert(text.to_lowercase(), span) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    format!("the path `{text}` has two targets"),
                    span,
                    "the front compares paths without regard to case",
                )
                .and(first, "declared here too")
                .help("remove one of the two"),
            );
        }
        if let (Some("/"), Some((other, key))) = (path.path.value.prefix(), answer) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    format!("`{key}` of the site is never used"),
                    span,
                    "matches every path",
                )
                .and(other, "never used")
                .help(format!("remove `{text}` from `paths`, and write its target as `to`")),
            );
        }
    }
}
