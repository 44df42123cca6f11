//! An expression under `!nix` is Nix, and what stands under `nixos` is a set of options.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::nix::is_expression;
use crate::tree::{Kind, Node};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for own in host.raw_options() {
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
        if let Kind::Map(entries) = &own.kind {
            for entry in entries.iter().filter(|e| {
                matches!(e.key.value().split('.').next(), Some("imports" | "options" | "config" | "_module"))
            }) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::UnsupportedValue,
                        format!("`{}` is no option", entry.key.value()),
                        entry.key.span,
                        "a part of a module",
                    )
                    .help("write it in your own configuration, beside the import of this folder"),
                );
            }
        }
        below(own, diagnostics);
    }
}

fn below(node: &Node, diagnostics: &mut Diagnostics) {
    match &node.kind {
        Kind::Nix(code) => {
            if !is_expression(code) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::NixSyntax,
                        "this is not a Nix expression",
                        node.span,
                        "cannot be read",
                    )
                    .help("try it with `nix-instantiate --parse -E '…'`"),
                );
            }
        }
        Kind::List(items) => items.iter().for_each(|item| below(item, diagnostics)),
        Kind::Map(entries) => entries.iter().for_each(|entry| below(&entry.value, diagnostics)),
        Kind::Scalar(_) | Kind::Unknown => {}
    }
}
