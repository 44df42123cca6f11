//! The lines of a site with `allow_from` or `auth` are in a block of Caddy that only admitted requests reach. Directives that
//! configure the site cannot be in the block: they are moved out of it, which is not possible for those of a snippet.

use std::collections::{HashMap, HashSet};

use crate::caddyfile::{imports, snippets_of_site, words};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::front::{DENIED, LOGIN};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(front) = &host.front else { return };
    let shared = front.caddy().and_then(|caddy| caddy.extra.as_ref());
    let snippets: HashMap<String, String> =
        shared.map_or_else(Vec::new, |lines| snippets_of_site(&lines.value())).into_iter().collect();
    for site in front.sites.iter().filter(|site| site.is_guarded()) {
        let Some(extra) = &site.extra else { continue };
        let value = extra.value();
        for name in imports(&value) {
            let Some(directive) = snippets.get(&name) else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    format!("the snippet `{name}` cannot be imported here"),
                    extra.span,
                    format!("`{name}` contains `{directive}`, which Caddy accepts only outside of a block"),
                )
                .help(format!("move `{directive}` from the snippet to the `extra` of each site")),
            );
        }
        let words: HashSet<String> = words(&value).collect();
        for name in [DENIED, LOGIN].into_iter().filter(|name| words.contains(&format!("@{name}"))) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadSite,
                    format!("the matcher name `@{name}` is reserved"),
                    extra.span,
                    format!("contains `@{name}`"),
                )
                .help("rename your matcher"),
            );
        }
    }
}
