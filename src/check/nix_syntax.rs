//! An expression under `!nix` is Nix, and what stands under `nixos` is a set of options.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::nix::syntax_error;
use crate::tree::{Kind, Node};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for own in host.nixos.iter().chain(host.services.iter().filter_map(|s| s.nixos.as_ref())) {
        if !matches!(own.kind, Kind::Map(_)) && !own.is_null() {
            diagnostics.push(
                Diagnostic::new(
                    Code::WrongType,
                    "`nixos` is a mapping of options",
                    own.span,
                    "not a mapping",
                )
                .help("write the options as nested values: `services.openssh.enable: true`"),
            );
        }
        below(own, diagnostics);
    }
}

fn below(node: &Node, diagnostics: &mut Diagnostics) {
    match &node.kind {
        Kind::Nix(code) => {
            if let Some(said) = syntax_error(code) {
                diagnostics.push(
                    Diagnostic::new(Code::NixSyntax, "this is not a Nix expression", node.span, said)
                        .help("try it with `nix-instantiate --parse -E '…'`"),
                );
            }
        }
        Kind::List(items) => items.iter().for_each(|item| below(item, diagnostics)),
        Kind::Map(entries) => entries.iter().for_each(|entry| below(&entry.value, diagnostics)),
        Kind::Scalar(_) | Kind::Unknown => {}
    }
}
