//! Caddy reads an `import` of a snippet that is not defined before it as the path of a file, and does not start without
//! the file (doImport in caddyconfig/caddyfile/parse.go).

use std::collections::HashSet;

use crate::caddyfile::{imports, snippets};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::front::HEADERS;
use crate::hir::{Front, Host};
use crate::tree::{Node, Text, etc_files, options};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(caddy) = host.front.as_ref().and_then(Front::caddy) else { return };
    if may_be_defined_in_nixos(host) {
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
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("define `({name}) {{ … }}` under `caddy.extra`"),
            };
            report(&name, lines, help, diagnostics);
        }
    }
    if let Some(lines) = &caddy.global {
        for name in imports(&lines.value()) {
            let help = "write the snippet's lines here: global options cannot import snippets";
            report(&name, lines, help.to_owned(), diagnostics);
        }
    }
}

fn report(name: &str, lines: &Text, help: String, diagnostics: &mut Diagnostics) {
    diagnostics.push(
        Diagnostic::new(
            Code::UnknownSnippet,
            format!("the snippet `{name}` is not defined"),
            lines.span,
            "Caddy would read it as a file name and not start",
        )
        .help(help),
    );
}

/// True if the file sets lines of the Caddyfile, or files in /etc/caddy, under `nixos`.
fn may_be_defined_in_nixos(host: &Host) -> bool {
    host.raw_options().any(|tree| {
        let options = options(tree);
        let has_lines = options.iter().any(|option| {
            option.path.first().is_some_and(|first| first == "services")
                && option.path.get(1).is_none_or(|second| second == "caddy")
        });
        has_lines || etc_files(&options).iter().any(|(path, _)| path.starts_with("/etc/caddy/"))
    })
}
