//! An expression under `!nix` is Nix, and what stands under `nixos` is a set of options.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::nix::is_expression;
use crate::tree::{Kind, Node, Text, option_path};

/// How much [`effort`] the expressions of a file may take together: half a second.
const MAX_EFFORT: usize = 20_000_000;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut effort = 0;
    for own in host.raw_options() {
        if !matches!(own.kind, Kind::Map(_)) && !own.is_null() {
            diagnostics.push(
                Diagnostic::new(Code::WrongType, "`nixos` is not a mapping", own.span, "expected options")
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

/// Says that a key at the top leads to no option.
fn no_option(key: &Text, diagnostics: &mut Diagnostics) {
    let value = key.value();
    let first = option_path(key)[0].value();
    let (label, help) = if let Some("imports" | "options" | "config" | "_module") = value.split('.').next() {
        let help = "write it in your own configuration, beside the import of this folder";
        ("a part of a module", help.to_owned())
    } else if first.contains('.') {
        // Names with dots, such as those of sysctls, are found deeper down.
        let (end, steps) = (" }".repeat(first.matches('.').count()), first.replace('.', ": { "));
        ("is one name, with its dots", format!("write it nested: `{steps}: …{end}`"))
    } else {
        return;
    };
    diagnostics.push(
        Diagnostic::new(Code::UnsupportedValue, format!("`{value}` is no option"), key.span, label)
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
                        "the Nix of this file takes too long to read",
                        node.span,
                        "too long, with the expressions before it",
                    )
                    .help("write it in your own configuration, beside the import of this folder"),
                );
            } else if !is_expression(code) {
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
        Kind::List(items) => items.iter().for_each(|item| below(item, taken, diagnostics)),
        Kind::Map(entries) => entries.iter().for_each(|entry| below(&entry.value, taken, diagnostics)),
        Kind::Scalar(_) | Kind::Unknown => {}
    }
}

/// How long an expression takes to read. `f a b c …`, `a.b.c…` and `1 + 1 + …` are trees as deep as they are
/// long, and what reads them takes time by the square of that: so the longest row of words that can be one
/// such tree counts, squared. A binding ends a row, and so does a member of a list. Letters without a space
/// may be a path, which is looked for from each of them on.
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
