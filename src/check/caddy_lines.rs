//! Lines of a Caddyfile in options of NixOS stay in the block that NixOS puts them into, as `extra` of a site does.

use crate::caddyfile::{self, Place};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Kind, Node, options};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for option in host.raw_options().flat_map(options) {
        let path: Vec<&str> = option.path.iter().map(String::as_str).collect();
        let place = match path.as_slice() {
            ["services", "caddy", "extraConfig"] => Place::TopLevel,
            ["services", "caddy", "globalConfig"]
            | ["services", "caddy", "virtualHosts", _, "extraConfig"] => Place::Block,
            _ => continue,
        };
        let Kind::Scalar(text) = &option.node.kind else { continue };
        let Some((message, help)) = caddyfile::fault(&text.value(), place).map(|fault| fault.describe())
        else {
            continue;
        };
        diagnostics.push(
            Diagnostic::new(Code::BadSite, message, text.span, "Caddy would refuse its whole configuration")
                .help(help),
        );
    }
}
