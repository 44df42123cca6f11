//! Netavark keeps the rules of published ports in nftables. NixOS removes them when it loads a whole ruleset
//! (containers/netavark issue 1258).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Atom, Kind, Node, SetOption, options};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(container) = host.containers().find(|c| !c.networks.is_empty()) else { return };
    let all: Vec<SetOption> = host.raw_options().flat_map(options).collect();
    let is_false = |name: &str| {
        let named = |option: &&SetOption| option.path == ["networking", "nftables", name];
        let value = all.iter().find(named).map(|option| &option.node.kind);
        matches!(value, Some(Kind::Scalar(text)) if text.atom() == Atom::Bool(false))
    };
    let (kept, off) = (is_false("flushRuleset"), is_false("enable"));
    for option in &all {
        let path: Vec<&str> = option.path.iter().map(String::as_str).collect();
        let flushes = match path.as_slice() {
            ["networking", "nftables", "flushRuleset"] => {
                matches!(&option.node.kind, Kind::Scalar(text) if text.atom() == Atom::Bool(true))
            }
            // With either of them `flushRuleset` is true by default (nixpkgs, nftables.nix).
            ["networking", "nftables", "ruleset" | "rulesetFile"] => {
                !off && (!kept && !is_empty(option.node) || is_flush(option.node))
            }
            _ => is_flush(option.node),
        };
        if flushes {
            diagnostics.push(
                Diagnostic::new(
                    Code::NftablesFlush,
                    "each change of the firewall removes Podman's rules",
                    option.span,
                    "flushes the whole ruleset of nftables, including published ports",
                )
                .and(container.span, "on a network of Podman")
                .help(match path.as_slice() {
                    ["networking", "nftables", "flushRuleset"] => "remove this option",
                    _ => {
                        "write the rules under `networking.nftables.tables`, which NixOS replaces one by one"
                    }
                }),
            );
        }
    }
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.kind, Kind::Scalar(text) if text.value().trim().is_empty()) || node.is_null()
}

/// True if a value has commands for nft that flush the whole ruleset.
fn is_flush(node: &Node) -> bool {
    let text = match &node.kind {
        Kind::Scalar(text) => text.value(),
        Kind::Nix(code) => code.clone(),
        _ => return false,
    };
    text.contains("flush ruleset")
}
