//! NixOS puts the names of Caddy's plugins into a build script without quotes (`withPlugins` of the package caddy).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Front, Host};
use crate::setting::Tls;
use crate::tree::Node;
use crate::word::is_word;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(Tls::Plugin(plugin)) = host.front.as_ref().and_then(Front::tls) else { return };
    for name in plugin.plugins.iter().filter(|name| !is_word(&name.value(), b"/._~@+=-")) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadTls,
                format!("`{}` is not a valid plugin", name.value()),
                name.span,
                "expected a Go module and its version",
            )
            .help("write one module and its version, such as `github.com/caddy-dns/cloudflare@v0.2.2`"),
        );
    }
}
