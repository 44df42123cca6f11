//! Caddy takes an `import` of a snippet that is not defined before it for the path of a file, and does not start without the
//! file (doImport in caddyconfig/caddyfile/parse.go).

use std::collections::HashSet;

use crate::caddyfile::{imports, snippets};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::front::HEADERS;
use crate::hir::{Front, Host};
use crate::tree::{Node, Text, etc_files, options};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(caddy) = host.front.as_ref().and_then(Front::caddy) else { return };
    if is_defined_elsewhere(host) {
        return;
    }
    let extra = caddy.extra.as_ref();
    let mut defined: HashSet<String> =
        extra.map_or_else(Vec::new, |extra| snippets(&extra.value())).into_iter().collect();
    defined.insert(HEADERS.to_owned());
    let of_sites = host.front.iter().flat_map(|front| &front.sites).filter_map(|site| site.extra.as_ref());
    for lines in extra.into_iter().chain(of_sites) {
        for name in imports(&lines.value()).into_iter().filter(|name| !defined.contains(name)) {
            let known = defined.iter().map(String::as_str).filter(|known| *known != HEADERS);
            let help = match diagnostics.closest(&name, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("define it under `extra` of `caddy`: `({name}) {{ … }}`"),
            };
            report(&name, lines, help, diagnostics);
        }
    }
    if let Some(lines) = &caddy.global {
        for name in imports(&lines.value()) {
            let help = "write its lines here: the global options stand before every snippet";
            report(&name, lines, help.to_owned(), diagnostics);
        }
    }
}

fn report(name: &str, lines: &Text, help: String, diagnostics: &mut Diagnostics) {
    diagnostics.push(
        Diagnostic::new(
            Code::UnknownSnippet,
            format!("there is no snippet `{name}` to import"),
            lines.span,
            "Caddy would look for a file of this name, and not start",
        )
        .help(help),
    );
}

/// Whether the file has a Caddyfile, lines of one, or files beside one under `nixos`.
fn is_defined_elsewhere(host: &Host) -> bool {
    host.raw_options().any(|tree| {
        let options = options(tree);
        let has_lines = options.iter().any(|option| {
            option.path.first().is_some_and(|first| first == "services")
                && option.path.get(1).is_none_or(|second| second == "caddy")
        });
        has_lines || etc_files(&options).iter().any(|(path, _)| path.starts_with("/etc/caddy/"))
    })
}
