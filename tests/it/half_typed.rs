//! A half-typed line affects only itself: all other mistakes of the file are still reported, and no new ones.

use crate::common::compile;
use homegen::file_context::FileContext;

/// Incomplete lines, as an editor checks them while a user types.
const HALF_TYPED: &[&str] = &["im", "im: [", "im: \"", "- \""];

/// The codes of a file, in the order of its lines.
fn codes(text: &str) -> Vec<&'static str> {
    let linked = homegen::link("homeserver.yaml", text.as_bytes(), &FileContext::default());
    linked.diagnostics.iter().map(|d| d.code.code()).collect()
}

/// The file with `line` inserted after each of its lines, with the indentation of that line or of the next one.
fn with_line<'a>(text: &'a str, line: &'a str) -> impl Iterator<Item = (usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let count = lines.len();
    (0..count).flat_map(move |at| {
        let next = lines[at + 1..].iter().find(|next| !next.trim().is_empty());
        let mut indents = vec![indent(lines[at]), next.map_or(0, |next| indent(next))];
        indents.dedup();
        let lines = lines.clone();
        indents.into_iter().map(move |indent| {
            let typed = format!("{}{line}", " ".repeat(indent));
            let all = [&lines[..=at], &[typed.as_str()], &lines[at + 1..]].concat();
            (at + 1, all.join("\n"))
        })
    })
}

#[test]
fn a_half_typed_line_hides_no_other_diagnostic() {
    let greenhead =
        std::fs::read_to_string(crate::common::fixtures().join("greenhead/homeserver.yaml")).unwrap();
    let with_mistake = greenhead.replacen("memory: 16g", "memory: 16 gigs", 1);
    assert_eq!(codes(&greenhead), [""; 0]);
    assert_eq!(codes(&with_mistake), ["HG0204"]);
    for line in HALF_TYPED {
        for (number, text) in with_line(&with_mistake, line) {
            let found = codes(&text);
            // A single word below a key without a value is the value of that key.
            let is_half_typed = |code: &&&str| matches!(**code, "HG0101" | "HG0203");
            let about_line = found.iter().filter(is_half_typed).count();
            let is_own_value = found.len() == 1 && *line == "im";
            assert!(
                about_line == 1 && (found.contains(&"HG0204") || is_own_value) && found.len() <= 2,
                "`{line}` below line {number}: {found:?}"
            );
        }
    }
}

#[test]
fn an_invalid_block_hides_only_its_own_diagnostics() {
    let before = "homegen: 1\nhost: { name: box, nixos: \"26.05\", timezone: Europe/Berlin }\nservices:\n  web:\n    containers:\n";
    let after = "      db:\n        image: docker.io/example/db:1\n        mem: 1g\n";
    for broken in [
        "      web\n        image: docker.io/example/web:1\n        volumes: [\"/srv/web:/data\"]\n",
        "      web:\n        image: docker.io/example/web:1\n        volumes: [\"/srv/web:/data\"\n",
        "      web:\n        image: \"docker.io/example/web:1\n        volumes: [\"/srv/web:/data\"]\n",
        "      web:\n        image: docker.io/example/web:1\n       volumes: [\"/srv/web:/data\"]\n",
        "      web:\n        image: docker.io/example/web:1\n        volumes:\n          - \"/srv/web:/data\"\n         - /srv/more:/more\n",
        "      web:\n        image: docker.io/example/web:1\n        labels: a: b: c\n",
        "      web:\n        image: @docker.io/example/web:1\n",
        "      web:\n\t    image: docker.io/example/web:1\n",
    ] {
        let outcome = compile(format!("{before}{broken}{after}"));
        let found: Vec<&str> = outcome.diagnostics.iter().map(|d| d.code.code()).collect();
        assert_eq!(found, ["HG0101", "HG0201"], "{broken}{}", crate::common::report(&outcome));
    }
}

#[test]
fn definitions_after_too_many_broken_lines_are_not_reported_missing() {
    let before = "homegen: 1\nhost: { name: box, nixos: \"26.05\", timezone: Europe/Berlin }\nservices:\n  web:\n    containers:\n      web: { image: \"docker.io/example/web:1\", depends_on: [db], mem: 1g }\n";
    let broken = "      ] x\n".repeat(40);
    let after = "      db: { image: \"docker.io/example/db:1\" }\n";
    let found = codes(&format!("{before}{broken}{after}"));
    let others: Vec<&str> = found.into_iter().filter(|code| *code != "HG0101").collect();
    assert_eq!(others, ["HG0201"]);
}

#[test]
fn an_unclosed_quote_is_labeled_at_the_quote() {
    let text = "homegen: 1\nservices:\n  web:\n    containers:\n      web:\n        image: \"docker.io/example/web:1\n        volumes: [\"/srv/a:/a\", \"/srv/b:/b\"]\n      db\n        image: docker.io/example/db:1\n";
    let linked = homegen::link("homeserver.yaml", text.as_bytes(), &FileContext::default());
    let marked: Vec<&str> = linked
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.code.code() == "HG0101")
        .map(|diagnostic| linked.sources.written(diagnostic.labels[0].span))
        .collect();
    assert_eq!(marked, ["\"", "db"]);
}
