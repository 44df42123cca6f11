//! Values that Caddy takes as plain text: headers, redirects, and the value of `acme_dns`.

use crate::caddyfile::{self, snippets};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::front::{HEADERS, RESERVED};
use crate::hir::{Answer, Host};
use crate::setting::Tls;
use crate::tree::{Node, Text};
use crate::word::is_word;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(front) = &host.front else { return };
    for (name, value) in front.all_headers() {
        check_name(name, diagnostics);
        check_value(value, diagnostics);
    }
    for site in &front.sites {
        if let Answer::Redirect(to) = &site.answer {
            check_value(to, diagnostics);
        }
    }
    if let Some(Tls::Plugin(plugin)) = front.tls() {
        check_value(&plugin.acme_dns, diagnostics);
    }
    front.headers.0.iter().for_each(|(_, value)| check_in_snippet(value, diagnostics));
    if let Some(extra) = front.caddy().and_then(|caddy| caddy.extra.as_ref()) {
        check_own_snippet(extra, diagnostics);
    }
}

fn check_name(name: &Text, diagnostics: &mut Diagnostics) {
    let written = name.value();
    // The operators of Caddy's directive `header`.
    let field = written.strip_prefix(['-', '+', '?', '>']).unwrap_or(&written);
    if !is_word(field, b"-_") {
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                format!("`{written}` is not a valid header name"),
                name.span,
                "expected letters, digits and hyphens",
            )
            .help("use letters, digits and hyphens; a leading `-` removes the header"),
        );
    }
}

/// Reports text that Caddy would not read as one plain token. Caddy replaces `{$NAME}` before it parses anything, and
/// reads a token that is a single brace as the start or end of a block.
fn check_value(text: &Text, diagnostics: &mut Diagnostics) {
    let value = text.value();
    let label = if caddyfile::is_brace(&value) {
        "Caddy reads one brace as the start or end of a block, in quotes too"
    } else if value.contains("{$") || value.contains('`') || value.chars().any(char::is_control) {
        "contains `{$`, a backtick or a control character"
    } else {
        return;
    };
    diagnostics.push(
        Diagnostic::new(Code::BadSite, "Caddy does not read this value as plain text", text.span, label)
            .help("remove these characters, or write the directive under `extra`"),
    );
}

/// The headers of all sites are a snippet, in which Caddy replaces `{args[0]}` and `{block}`
/// (<https://caddyserver.com/docs/caddyfile/directives/import>).
fn check_in_snippet(value: &Text, diagnostics: &mut Diagnostics) {
    let text = value.value();
    if text.contains("{args") || text.contains("{block") {
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                "Caddy would replace a part of this value",
                value.span,
                "contains `{args` or `{block`, which Caddy's `import` replaces",
            )
            .help("write the header under the `extra` of each site"),
        );
    }
}

/// A snippet name can be defined only once.
fn check_own_snippet(extra: &Text, diagnostics: &mut Diagnostics) {
    for name in snippets(&extra.value()) {
        if name != HEADERS && !name.starts_with(RESERVED) {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                format!("the snippet name `{name}` is reserved"),
                extra.span,
                format!("contains `({name})`"),
            )
            .help("rename your snippet"),
        );
    }
}
