//! Caddyfile lines must stay inside their block: the lines of the front and its sites, and lines in NixOS options.

use crate::caddyfile::{self, CaddyfilePosition};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Front, Host};
use crate::setting::Tls;
use crate::tree::{Kind, Node, Text, options};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let front = host.front.iter();
    let of_front = front.clone().flat_map(Front::caddy_lines);
    let of_plugin = front.filter_map(|front| match front.tls() {
        Some(Tls::Plugin(plugin)) => Some((&plugin.acme_dns, CaddyfilePosition::Block)),
        _ => None,
    });
    of_front.chain(of_plugin).for_each(|(lines, position)| check_lines(lines, position, diagnostics));
    for option in host.raw_options().flat_map(options) {
        let path: Vec<&str> = option.path.iter().map(String::as_str).collect();
        let position = match path.as_slice() {
            ["services", "caddy", "extraConfig"] => CaddyfilePosition::TopLevel,
            ["services", "caddy", "globalConfig"]
            | ["services", "caddy", "virtualHosts", _, "extraConfig"] => CaddyfilePosition::Block,
            _ => continue,
        };
        let Kind::Scalar(text) = &option.node.kind else { continue };
        check_lines(text, position, diagnostics);
    }
}

fn check_lines(lines: &Text, position: CaddyfilePosition, diagnostics: &mut Diagnostics) {
    let Some(fault) = caddyfile::fault(&lines.value(), position) else { return };
    let (message, help) = fault.describe();
    diagnostics.push(
        Diagnostic::new(Code::BadSite, message, lines.span, "Caddy would reject its whole configuration")
            .help(help),
    );
}
