//! Every message of homegen is emitted for a case in `fixtures/` or for the page of its code, and so is in a snapshot.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use crate::common::{compile, outcomes};
use crate::diagnostics::failures;
use homegen::Outcome;
use homegen::diag::Diagnostic;
use homegen::limits::MAX_BYTES;

/// Files that are too large to be fixtures, by the name of their exceeded limit.
fn large_files() -> [(&'static str, String); 9] {
    let head = "homegen: 1\nhost: { name: nas, nixos: \"26.05\", timezone: Europe/Berlin }\n";
    let lines = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let constants = |text: String| format!("{head}constants:\n{text}");
    let container = |text: String| {
        format!(
            "{head}services:\n  web:\n    containers:\n      web:\n        image: docker.io/example/web:1.2.3\n{text}"
        )
    };
    // 120 KiB and 160 KiB.
    let texts = format!(
        "constants:\n  long: |\n{}  too-long: |\n{}",
        lines(1920, &|_| format!("    {}\n", "a".repeat(63))),
        lines(2560, &|_| format!("    {}\n", "a".repeat(63))),
    );
    let variables = lines(20, &|n| format!("          NOTICE_{n}: \"${{long}}\"\n"));
    let environment = format!("        environment:\n          NOTICE: \"${{too-long}}\"\n{variables}");
    let items = |count: usize, item: &dyn Fn(usize) -> String| {
        lines(count, &|n| format!("          - {}\n", item(n)))
    };
    let interfaces = items(320, &|n| format!("eth{n}"));
    let ports = items(320, &|n| (8000 + n).to_string());
    [
        ("file", "#".repeat(MAX_BYTES + 1)),
        ("mistakes", format!("{head}{}", lines(600, &|n| format!("rack-{n}: {{}}\n")))),
        (
            "nix",
            format!(
                "{head}nixos:\n  networking.hosts: !nix |\n    lib.mkMerge\n{}",
                lines(5000, &|_| "    a\n".to_owned())
            ),
        ),
        ("arguments", format!("{}{texts}", container(environment))),
        (
            "presets",
            format!(
                "{head}services:\n{}",
                lines(3000, &|n| format!(
                    "  plex-{n}: {{ preset: plex, with: {{ data: /srv/{n}, media: /srv/media }} }}\n"
                ))
            ),
        ),
        ("output", container(format!("        firewall:\n{interfaces}        expose:\n{ports}"))),
        ("levels", constants(format!("  deep: {}1{}\n", "[".repeat(110), "]".repeat(110)))),
        (
            "values",
            constants(lines(6, &|n| match n {
                0 => "  list-0: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n".to_owned(),
                n => format!("  list-{n}: [{}]\n", vec![format!("\"${{list-{}}}\"", n - 1); 10].join(", ")),
            })),
        ),
        (
            "references",
            constants(lines(70, &|n| match n {
                0 => "  path-0: /srv\n".to_owned(),
                n => format!("  path-{n}: ${{path-{}}}\n", n - 1),
            })),
        ),
    ]
}

/// The outcome of each file that is too large to be a fixture. Each is compiled once for all tests.
pub fn large_outcomes() -> &'static [(&'static str, Outcome)] {
    static OUTCOMES: LazyLock<Vec<(&str, Outcome)>> =
        LazyLock::new(|| large_files().into_iter().map(|(name, text)| (name, compile(text))).collect());
    &OUTCOMES
}

/// The last diagnostics of a large file, which are about its size. Only these have a snapshot.
pub fn last(outcome: &Outcome) -> &[Diagnostic] {
    let first = outcome.diagnostics.len().saturating_sub(2);
    &outcome.diagnostics[first..]
}

/// A file and a line in it.
type SourceLine = (String, usize);

/// The lines in the library that make a diagnostic, besides those in unit tests.
fn emitting_lines() -> BTreeSet<SourceLine> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut lines = BTreeSet::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            let code = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            let made = code.lines().enumerate().filter(|(_, line)| line.contains("Diagnostic::new("));
            lines.extend(made.map(|(at, _)| (name.clone(), at + 1)));
        }
    }
    lines
}

/// The line that made a diagnostic.
fn emitted_at(diagnostic: &Diagnostic) -> SourceLine {
    let emitted_at = diagnostic.emitted_at.0;
    (emitted_at.file().to_owned(), emitted_at.line() as usize)
}

#[test]
fn every_message_is_emitted_for_a_fixture_or_a_page() {
    let cases = outcomes().iter().flat_map(|(_, outcome)| &outcome.diagnostics);
    let pages = failures().iter().flat_map(|(_, outcome)| &outcome.diagnostics);
    let compose = crate::compose::results().iter().flat_map(|read| &read.diagnostics);
    let other = crate::compose::other_diagnostics();
    let large = large_outcomes().iter().flat_map(|(_, outcome)| last(outcome));
    let given: BTreeSet<SourceLine> =
        cases.chain(pages).chain(compose).chain(&other).chain(large).map(emitted_at).collect();
    let lines = emitting_lines();
    let unknown: Vec<&SourceLine> = given.difference(&lines).collect();
    assert!(unknown.is_empty(), "these are no lines with `Diagnostic::new(`: {unknown:?}");
    let left: Vec<String> = lines.difference(&given).map(|(file, line)| format!("{file}:{line}")).collect();
    assert!(left.is_empty(), "{} of {} are given by none:\n{}", left.len(), lines.len(), left.join("\n"));
}
