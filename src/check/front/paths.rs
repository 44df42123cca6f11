//! Each path of a site has one target.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Answer, Host};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for site in host.front.iter().flat_map(|front| &front.sites) {
        // Caddy compares paths without regard to case.
        let mut seen: HashMap<String, Span> = HashMap::new();
        for path in &site.paths {
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
            let answer = match &site.answer {
                Answer::Proxy(upstream) => Some((upstream.span, "`to`")),
                Answer::Redirect(to) => Some((to.span, "`redirect`")),
                Answer::Lines => None,
            };
            if let (Some(""), Some((other, key))) = (path.path.value.prefix().map(|p| &p[1..]), answer) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BadSite,
                        format!("{key} of the site is never used"),
                        span,
                        "matches every path",
                    )
                    .and(other, "never used")
                    .help(format!("remove `{text}` from `paths`, and write its target as `to`")),
                );
            }
        }
    }
}
