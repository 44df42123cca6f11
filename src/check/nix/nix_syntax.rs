//! An expression under `!nix` must be valid Nix, and `nixos` must be a set of options.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::nix::is_expression;
use crate::tree::{Kind, Node, Text, option_path};

/// The maximum [`effort`] of all expressions of a file together: about half a second.
const MAX_EFFORT: usize = 20_000_000;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut effort = 0;
    for own in host.raw_options() {
        if !matches!(own.kind, Kind::Map(_)) && !own.is_null() {
            diagnostics.push(
                Diagnostic::new(
                    Code::WrongType,
                    "`nixos` is not a mapping",
                    own.span,
                    "expected a mapping of options",
                )
                .help("write the options as nested values: `services.openssh.enable: true`"),
            );
        }
        if let Kind::Map(entries) = &own.kind {
            entries.iter().for_each(|entry| no_option(&entry.key, diagnostics));
        }
        below(own, &mut effort, diagnostics);
    }
    let parameters = host.services.iter().flat_map(|s| s.parameters.iter().map(|(_, value)| value));
    for value in host.constants.iter().chain(parameters) {
        below(value, &mut effort, diagnostics);
    }
}

/// Reports a key at the top that is not an option.
fn no_option(key: &Text, diagnostics: &mut Diagnostics) {
    let value = key.value();
    let first = option_path(key)[0].value();
    let (label, help) = if let Some("imports" | "options" | "config" | "_module") = value.split('.').next() {
        let help = "write it in your own NixOS configuration, beside the import of this folder";
        ("a part of a module, not an option", help.to_owned())
    } else if first.contains('.') {
        // Names with dots, such as those of sysctls, are found deeper down.
        let (end, steps) = (" }".repeat(first.matches('.').count()), first.replace('.', ": { "));
        ("read as one name that contains dots", format!("write it nested: `{steps}: …{end}`"))
    } else {
        return;
    };
    diagnostics.push(
        Diagnostic::new(Code::UnsupportedValue, format!("`{value}` is not an option"), key.span, label)
            .help(help),
    );
}

fn below(node: &Node, taken: &mut usize, diagnostics: &mut Diagnostics) {
    match &node.kind {
        Kind::Nix(code) => {
            *taken = taken.saturating_add(effort(code));
            if *taken > MAX_EFFORT {
                diagnostics.push(
                    Diagnostic::new(
                        Code::TooLarge,
                        "the Nix expressions of this file are too long",
                        node.span,
                        "exceeds the limit, together with the expressions before it",
                    )
                    .help("move it to your own NixOS configuration, beside the import of this folder"),
                );
            } else if !is_expression(code) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::NixSyntax,
                        "this value is not a valid Nix expression",
                        node.span,
                        "expected one complete Nix expression",
                    )
                    .help("check it with `nix-instantiate --parse -E '…'`"),
                );
            }
        }
        Kind::List(items) => items.iter().for_each(|item| below(item, taken, diagnostics)),
        Kind::Map(entries) => entries.iter().for_each(|entry| below(&entry.value, taken, diagnostics)),
        Kind::Scalar(_) | Kind::Unknown => {}
    }
}

/// The time that an expression takes to parse, in units of [`MAX_EFFORT`]. `f a b c …`, `a.b.c…` and `1 + 1 + …` are
/// trees as deep as they are long, and walking them takes quadratic time: so the longest row of words that can be one
/// such tree counts, squared. A binding ends a row, and so does a member of a list. Letters without a space may be a
/// path, which the tokenizer looks for from each of them on.
fn effort(code: &str) -> usize {
    let spaceless = code.split_whitespace().map(str::len).max().unwrap_or(0);
    let letters = spaceless * spaceless / 8;
    if letters > MAX_EFFORT {
        return letters;
    }
    let mut rows = vec![("", 0usize)];
    let (mut longest, mut words, mut last) = (0, 0, "");
    for (_, word) in rnix::tokenize(code).filter(|(kind, _)| !kind.is_trivia()) {
        match word {
            "(" | "[" | "{" | "${" => rows.push((word, 0)),
            ")" | "]" | "}" if rows.len() > 1 => drop(rows.pop()),
            _ => {}
        }
        let Some((bracket, row)) = rows.last_mut() else { break };
        let member = *bracket == "[" && !matches!(word, "." | "or") && !matches!(last, "." | "or");
        *row = if member || (*bracket == "{" && word == ";") { 0 } else { *row + 1 };
        longest = longest.max(*row);
        words += 1;
        last = word;
    }
    letters + longest * longest + 200 * words
}
