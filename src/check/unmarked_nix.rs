//! Under `nixos` a value is a text, a number, a flag, a list or a mapping. An expression has the tag `!nix`.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Kind, Node};
use crate::word::is_word;

/// Top-level sets of options, with which an expression such as `config.services.x.port` goes on.
const OPTIONS: &[&str] = &[
    "age",
    "boot",
    "environment",
    "fileSystems",
    "hardware",
    "homeserver",
    "networking",
    "nix",
    "nixpkgs",
    "programs",
    "security",
    "services",
    "sops",
    "system",
    "systemd",
    "time",
    "users",
    "virtualisation",
];

/// Endings of files, which are no packages.
const FILES: &[&str] = &["gz", "json", "list", "nix", "tar", "toml", "txt", "xml", "yaml", "yml", "zip"];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    host.raw_options().for_each(|tree| below(tree, diagnostics));
}

fn below(node: &Node, diagnostics: &mut Diagnostics) {
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| below(&entry.value, diagnostics)),
        Kind::List(items) => items.iter().for_each(|item| below(item, diagnostics)),
        Kind::Scalar(text) if text.is_literal() && is_code(&text.value()) => {
            let value = text.value();
            diagnostics.push(
                Diagnostic::new(
                    Code::WrongType,
                    format!("`{value}` is a text here, not an expression"),
                    text.span,
                    "NixOS would get these letters",
                )
                .help(format!("write `!nix {value}`")),
            );
        }
        Kind::Scalar(_) | Kind::Nix(_) | Kind::Unknown => {}
    }
}

/// Whether a text can only be meant as Nix: a path from `pkgs` or `config` on, or a priority of `lib`.
fn is_code(value: &str) -> bool {
    let steps: Vec<&str> = value.split('.').collect();
    let is_path = steps.iter().all(|step| is_word(step, b"_-'"));
    match steps.as_slice() {
        ["pkgs", .., last] => is_path && !FILES.contains(last),
        ["config", first, _, ..] => is_path && OPTIONS.contains(first),
        ["lib", ..] => {
            ["lib.mkDefault ", "lib.mkForce ", "lib.mkOverride "].iter().any(|f| value.starts_with(f))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_code;

    #[test]
    fn texts_that_can_only_be_nix() {
        for value in
            ["pkgs.htop", "pkgs.python3Packages.requests", "config.services.x.port", "lib.mkForce false"]
        {
            assert!(is_code(value), "{value}");
        }
        for value in [
            "pkgs",
            "pkgs.json",
            "config.json",
            "config.services",
            "config.example.org",
            "lib.rs",
            "pkgs.a b",
        ] {
            assert!(!is_code(value), "{value}");
        }
    }
}
