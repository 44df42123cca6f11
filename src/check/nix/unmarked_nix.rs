//! Under `nixos` a value is a text, a number, a flag, a list or a mapping. An expression has the tag `!nix`.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::source::Span;
use crate::tree::{Atom, Kind, Node, options};
use crate::word::is_word;

/// Top-level option sets that may follow `config.` in an expression such as `config.services.x.port`.
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

/// Endings of files, which no package has.
const FILES: &[&str] = &["gz", "json", "list", "nix", "tar", "toml", "txt", "xml", "yaml", "yml", "zip"];

/// Functions of `lib` whose call is the whole value of an option.
const FUNCTIONS: &[&str] = &[
    "lib.getBin",
    "lib.getExe",
    "lib.getExe'",
    "lib.mkAfter",
    "lib.mkBefore",
    "lib.mkDefault",
    "lib.mkForce",
    "lib.mkIf",
    "lib.mkMerge",
    "lib.mkOverride",
    "lib.optional",
    "lib.optionalString",
    "lib.optionals",
];

/// Beginnings of expressions.
const BEGINNINGS: &[&str] = &["builtins.", "import ./", "import ../", "with lib;", "with pkgs;"];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for option in host.raw_options().flat_map(options) {
        // NixOS does not type the `settings` of a program.
        let is_typed = !option.path.iter().any(|step| step == "nixpkgs" || step == "settings");
        let last = option.path.last().filter(|_| is_typed).map_or("", String::as_str);
        let found = if last == "package" || last.ends_with("ackages") { packages(option.node) } else { None };
        match found {
            Some(found) => diagnostics.push(found),
            None => below(option.node, is_file(last), diagnostics),
        }
    }
}

/// True if the option `name` takes a file of the configuration.
fn is_file(name: &str) -> bool {
    matches!(name, "imports" | "source") || name.ends_with("ile") || name.ends_with("iles")
}

/// Reports names in an option that takes packages.
fn packages(node: &Node) -> Option<Diagnostic> {
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let names: Option<Vec<String>> = items.iter().map(name_of_package).collect();
    let (names, first) = (names?, items.first()?.text()?);
    let expression = match &node.kind {
        Kind::List(_) => format!("\"with pkgs; [ {} ]\"", names.join(" ")),
        _ => format!("pkgs.{}", names[0]),
    };
    Some(report(&first, node.span, &expression))
}

/// The name of a package in `pkgs`, if the value contains nothing else.
fn name_of_package(node: &Node) -> Option<String> {
    let Kind::Scalar(text) = &node.kind else { return None };
    let value = text.value();
    let name = value.strip_prefix("pkgs.").unwrap_or(&value);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.split('.').all(|step| is_word(step, b"_-'"));
    (text.is_literal() && matches!(text.atom(), Atom::Str(_)) && is_name).then(|| name.to_owned())
}

/// Reports text that is probably Nix in a value, and in all values inside it.
fn below(node: &Node, of_file: bool, diagnostics: &mut Diagnostics) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| below(item, of_file, diagnostics)),
        Kind::Scalar(text) if text.is_literal() => {
            let value = text.value();
            if is_code(&value) || of_file && is_relative(&value) {
                diagnostics.push(report(&value, text.span, &quoted(&value)));
            }
        }
        // A mapping in a list.
        Kind::Map(entries) => {
            entries.iter().for_each(|entry| below(&entry.value, is_file(&entry.key.value()), diagnostics));
        }
        Kind::Scalar(_) | Kind::Nix(_) | Kind::Unknown => {}
    }
}

fn report(value: &str, span: Span, expression: &str) -> Diagnostic {
    Diagnostic::new(
        Code::WrongType,
        format!("`{value}` is a text here, not an expression"),
        span,
        "NixOS would receive this text as a string",
    )
    .help(format!("write `!nix {expression}`"))
}

/// An expression as YAML that is valid in a flow list or mapping too.
fn quoted(expression: &str) -> String {
    let needs = expression.contains(['[', ']', '{', '}', ',', '#']) || expression.contains(": ");
    match needs {
        true if !expression.contains('\'') => format!("'{expression}'"),
        true => format!("\"{}\"", expression.replace('\\', "\\\\").replace('"', "\\\"")),
        false => expression.to_owned(),
    }
}

fn is_relative(value: &str) -> bool {
    (value.starts_with("./") || value.starts_with("../")) && !value.contains(char::is_whitespace)
}

/// True if a text can only be Nix: a path that begins with `pkgs` or `config`, or a call of a function.
fn is_code(value: &str) -> bool {
    let called = value.split(' ').next().filter(|called| called.len() < value.len());
    if called.is_some_and(|called| FUNCTIONS.contains(&called))
        || BEGINNINGS.iter().any(|beginning| value.starts_with(beginning))
    {
        return true;
    }
    let steps: Vec<&str> = value.split('.').collect();
    let is_path = steps.iter().all(|step| is_word(step, b"_-'"));
    match steps.as_slice() {
        ["pkgs", .., last] => is_path && !FILES.contains(last),
        ["config", first, _, ..] => is_path && OPTIONS.contains(first),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_code;

    #[test]
    fn texts_that_can_only_be_nix_are_recognized() {
        for value in [
            "pkgs.htop",
            "pkgs.python3Packages.requests",
            "config.services.x.port",
            "lib.mkForce false",
            "lib.getExe pkgs.hello",
            "with pkgs; [ vim ]",
            "import ./x.nix",
        ] {
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
