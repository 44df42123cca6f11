//! No input makes the compiler panic: every invalid file is reported with a diagnostic.

use std::time::Instant;

use crate::common::mutate::mutate;
use crate::common::{cases, compile, fixtures, report};
use homegen::diag::{github, json};
use homegen::limits::MAX_BYTES;
use proptest::prelude::*;

/// Compiles a file, and prints a notice if that takes longer than 1 s. A slow file does not fail the test.
fn timed(name: &str, bytes: impl AsRef<[u8]>) -> homegen::Outcome {
    let start = Instant::now();
    let outcome = compile(bytes);
    // The diagnostics are rendered too: labels beside unusual characters may be wrong.
    let text = report(&outcome);
    for render in [json::render, github::render] {
        assert!(outcome.diagnostics.is_empty() || !render(&outcome.diagnostics, &outcome.sources).is_empty());
    }
    let took = start.elapsed();
    if took.as_secs_f64() > 1.0 {
        println!(
            "slow: {name}: {:.1} s, {} diagnostics, {} bytes of them",
            took.as_secs_f64(),
            outcome.diagnostics.len(),
            text.len()
        );
    }
    outcome
}

fn is_refused(name: &str, text: &str) {
    assert!(timed(name, text).files.is_none(), "{name} compiled");
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(fixtures().join(name).join("homeserver.yaml")).expect("a fixture")
}

const HEAD: &str = "homegen: 1\nhost: { name: box, nixos: \"26.05\", timezone: Europe/Berlin }\n";

#[test]
fn deep_nesting_is_refused() {
    for depth in [100, 1_000, 10_000, 100_000] {
        is_refused("brackets", &"[".repeat(depth));
        is_refused("closed brackets", &format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
        is_refused("braces", &"{a: ".repeat(depth));
        is_refused("dashes", &"- ".repeat(depth));
        is_refused(
            "indented",
            &(0..depth.min(3_000)).map(|i| format!("{}a:\n", " ".repeat(i))).collect::<String>(),
        );
    }
}

/// Runs the program in its own process, because an overflow of the stack cannot be caught.
fn assert_no_crash(name: &str, text: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("homeserver.yaml");
    std::fs::write(&path, text).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_homegen"))
        .args(["build", "--stdout"])
        .arg(&path)
        .output()
        .expect("homegen runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let start: String = stderr.chars().take(500).collect();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{name}: {}: {start}", output.status);
}

#[test]
fn deep_values_in_free_form_keys_do_not_crash() {
    for depth in [50, 200, 500, 5_000] {
        let deep = format!("{}x{}", "[".repeat(depth), "]".repeat(depth));
        assert_no_crash("constants", &format!("{HEAD}constants: {{ a: {deep} }}\n"));
        assert_no_crash("nixos", &format!("{HEAD}nixos: {{ a: {deep} }}\n"));
        assert_no_crash("a long path", &format!("{HEAD}nixos:\n  {}a: 1\n", "a.".repeat(depth)));
        let references: String = (0..depth).map(|i| format!("  k{i}: ${{k{}}}\n", i + 1)).collect();
        assert_no_crash("a chain of references", &format!("{HEAD}constants:\n{references}  k{depth}: x\n"));
        let cycle: String = (0..depth).map(|i| format!("  k{i}: ${{k{}}}\n", (i + 1) % depth)).collect();
        assert_no_crash("a long circle", &format!("{HEAD}constants:\n{cycle}"));
    }
}

#[test]
fn values_nested_through_references_do_not_crash() {
    // Each value is as deep as the parser allows, and contains the previous value.
    for count in [3, 10, 60] {
        let nested: String = (0..count)
            .map(|i| format!("  k{}: {}\"${{k{i}}}\"{}\n", i + 1, "[".repeat(200), "]".repeat(200)))
            .collect();
        assert_no_crash("deep constants", &format!("{HEAD}constants:\n  k0: x\n{nested}"));
    }
}

#[test]
fn deeply_nested_nix_does_not_crash() {
    for depth in [100, 300, 500, 2_000, 4_000, 20_000] {
        for (open, inner, close) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("{a=", "1", ";}"),
            ("a: ", "1", ""),
            ("1 + ", "1", ""),
            ("f (", "1", ")"),
            ("f ", "1", ""),
            ("if a then ", "1", " else 2"),
        ] {
            let code = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
            assert_no_crash(
                &format!("{depth} × {open}"),
                &format!("{HEAD}nixos: {{ a: !nix \"{code}\" }}\n"),
            );
        }
    }
}

#[test]
fn billion_laughs_attacks_are_refused() {
    let letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let through = |one: &dyn Fn(&str) -> String| -> String {
        letters.windows(2).map(|w| format!("  {}: [{}]\n", w[1], vec![one(w[0]); 10].join(", "))).collect()
    };
    is_refused(
        "lists of references",
        &format!("{HEAD}constants:\n  a: [x]\n{}", through(&|n| format!("\"${{{n}}}\""))),
    );
    let texts: String = letters
        .windows(2)
        .map(|w| format!("  {}: \"{}\"\n", w[1], format!("${{{}}}", w[0]).repeat(10)))
        .collect();
    is_refused("texts of references", &format!("{HEAD}constants:\n  a: xxxxxxxxxx\n{texts}"));
    let anchors: String = letters
        .windows(2)
        .map(|w| format!("  {0}: &{0} [{1}]\n", w[1], vec![format!("*{}", w[0]); 10].join(", ")))
        .collect();
    is_refused("aliases", &format!("{HEAD}constants:\n  a: &a [x]\n{anchors}"));
    let maps: String = letters
        .windows(2)
        .map(|w| {
            format!(
                "  {}: {{ p: \"${{{1}}}\", q: \"${{{1}}}\", r: \"${{{1}}}\", s: \"${{{1}}}\" }}\n",
                w[1], w[0]
            )
        })
        .collect();
    is_refused("mappings of references", &format!("{HEAD}constants:\n  a: x\n{maps}"));
}

#[test]
fn large_invalid_files_are_refused() {
    const SIZE: usize = MAX_BYTES;
    is_refused("a byte too much", &"x".repeat(SIZE + 1));
    is_refused("one word", &"x".repeat(SIZE));
    is_refused("lines", &"x\n".repeat(SIZE / 2));
    is_refused("colons", &":".repeat(SIZE));
    is_refused("quotes", &"\"".repeat(SIZE));
    is_refused("tabs", &"\t\n".repeat(SIZE / 2));
    is_refused("unknown keys", &(0..SIZE / 50).map(|i| format!("key{i}: x\n")).collect::<String>());
    is_refused("dollars", &format!("{HEAD}constants: {{ a: \"{}\" }}\n", "${".repeat(SIZE / 50)));
    let mut noise = Vec::with_capacity(SIZE + 8);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    while noise.len() < SIZE {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend(state.to_le_bytes());
    }
    noise.truncate(SIZE);
    assert!(timed("noise", &noise).files.is_none());
    let ascii: Vec<u8> = noise.iter().map(|b| b' ' + b % 95).collect();
    assert!(timed("printable noise", &ascii).files.is_none());
}

#[test]
fn inputs_found_by_the_fuzzer_compile_or_are_refused() {
    // The name of an attribute that has quotes and a reference.
    let outcome = timed("a name", format!("{HEAD}nixos:\n  services:\n    a\"${{host.name}}\"b: 1\n"));
    assert!(outcome.files.is_some(), "{}", report(&outcome));
    // A letter of two bytes at the position where a long name is cut.
    let service = "containers: { web: { image: docker.io/library/nginx:1.27 } }";
    is_refused("a name", &format!("{HEAD}services: {{ abcdefé-and-more: {{ {service} }} }}\n"));
    // A function in a list, which one Nix parser accepts and the others refuse.
    is_refused("a function in a list", &format!("{HEAD}nixos: {{ a: !nix \"[ b c: d ]\" }}\n"));
    // An incomplete expression that is not the value of an option.
    is_refused("a constant", &format!("{HEAD}constants: {{ a: !nix \"(\" }}\n"));
    let preset = "preset: uptime-kuma, with: { data: !nix \"(\", subdomain: !nix \"(\" }";
    is_refused("a parameter", &format!("{HEAD}services: {{ a: {{ {preset} }} }}\n"));
}

#[test]
fn a_host_with_1000_services_compiles() {
    // A thousand services are more than any known server has, and still have to compile.
    let services: String = (0..1_000).map(|i| format!("  s{i}:\n    containers:\n      web: {{ image: docker.io/library/nginx:1.27, volumes: [\"${{data}}/s{i}:/data\"] }}\n")).collect();
    let outcome =
        timed("a thousand services", format!("{HEAD}constants: {{ data: /srv }}\nservices:\n{services}"));
    assert!(outcome.files.is_some(), "{}", report(&outcome));
}

#[test]
fn an_argument_longer_than_linux_accepts_is_refused() {
    let with = |length: usize| {
        let name =
            "services:\n  web:\n    containers:\n      web:\n        image: docker.io/library/nginx:1.27\n";
        format!("{HEAD}{name}        environment: {{ A: {} }}\n", "x".repeat(length))
    };
    let longest = (128 << 10) - "A=".len() - 1;
    assert!(timed("the longest argument", with(longest)).files.is_some());
    is_refused("a longer argument", &with(longest + 1));
}

/// Runs the program within 224 MiB of address space, 64 MiB of which are the stacks of its threads, and expects
/// it to refuse the file.
fn is_refused_in_little_memory(name: &str, text: &str) {
    const KIB: usize = 224 << 10;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("homeserver.yaml");
    std::fs::write(&path, text).unwrap();
    let start = Instant::now();
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("ulimit -v {KIB}; exec \"$0\" check \"$1\"")])
        .arg(env!("CARGO_BIN_EXE_homegen"))
        .arg(&path)
        .output()
        .expect("a shell");
    let took = start.elapsed().as_secs_f64();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{name}: {}: {}",
        output.status,
        stderr.get(..500).unwrap_or(&stderr)
    );
    assert!(stderr.len() < 1_000_000, "{name}: {} bytes of diagnostics", stderr.len());
    println!("{took:.1} s: {name}");
}

/// `count` lines, each made from its number.
fn many(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn hostile_files_are_refused_within_224_mib() {
    let in_container =
        "services:\n  web:\n    containers:\n      web:\n        image: docker.io/library/nginx:1.27\n";
    for (name, text) in [
        ("a line", format!("a: \"{}\"\n", "x".repeat(4_000_000))),
        ("a key for each of a million", many(300_000, |i| format!("k{i}: x\n"))),
        ("unknown keys", many(20_000, |i| format!("key{i}: x\n"))),
        (
            "unknown keys of a container",
            format!("{in_container}{}", many(40_000, |i| format!("        key{i}: x\n"))),
        ),
        (
            "unknown keys after much",
            format!("{}{}", "# x\n".repeat(900_000), many(1_000, |i| format!("k{i}: x\n"))),
        ),
        (
            "unknown keys on a long line",
            format!("a: {{ x: {}, {} }}\n", "x".repeat(2_000_000), many(1_000, |i| format!("k{i}: x, "))),
        ),
        (
            "ports",
            format!(
                "{in_container}        ports:\n{}",
                many(40_000, |i| format!("          - \"0.0.0.0:{i}:x\"\n"))
            ),
        ),
        (
            "anchors",
            format!(
                "constants:\n{}{}",
                many(100_000, |i| format!("  k{i}: &a{i} x\n")),
                many(100_000, |i| format!("  l{i}: *a{i}\n"))
            ),
        ),
        (
            "anchors in each other",
            format!(
                "constants:\n  a: {}{}{}\n",
                many(200, |i| format!("&a{i} [")),
                "x,".repeat(9_000),
                "]".repeat(200)
            ),
        ),
        (
            "aliases of a long text",
            format!("constants:\n  a: &a {}\n  b: [{}]\n", "x".repeat(500_000), "*a,".repeat(20_000)),
        ),
        (
            "references to a long text",
            format!("constants:\n  a: {}\n  b: [{}]\n", "x".repeat(500_000), "\"${a}\",".repeat(20_000)),
        ),
        ("references in a text", format!("constants: {{ a: x, b: \"{}\" }}\n", "${a}".repeat(900_000))),
        ("wrong references in a text", format!("constants: {{ b: \"{}\" }}\n", "${a}".repeat(900_000))),
        ("wrong references", format!("constants:\n{}", many(20_000, |i| format!("  k{i}: \"${{q{i}}}\"\n")))),
        (
            "chains",
            format!("constants:\n  k0: x\n{}", many(20_000, |i| format!("  k{}: \"${{k{i}}}\"\n", i + 1))),
        ),
        (
            "circles",
            format!(
                "constants:\n{}",
                many(20_000, |i| format!("  k{i}: \"${{k{}}}\"\n", (i * 7 + 1) % 20_000))
            ),
        ),
        ("presets", format!("services:\n{}", many(50_000, |i| format!("  s{i}: {{ preset: immich }}\n")))),
        (
            "keys beside a preset",
            format!("services:\n  s:\n    preset: immich\n{}", many(40_000, |i| format!("    k{i}: x\n"))),
        ),
        ("the same key", "a: 1\n".repeat(100_000)),
        ("a row of Nix", format!("nixos: {{ a: !nix \"{}\" }}\n", "1 ".repeat(50_000))),
        ("a sum in Nix", format!("nixos: {{ a: !nix \"1{}\" }}\n", "+1".repeat(50_000))),
        ("a path in Nix", format!("nixos: {{ a: !nix \"a{}\" }}\n", " .a".repeat(50_000))),
        ("a list in Nix", format!("nixos: {{ a: !nix \"[{}]\" }}\n", "1 ".repeat(900_000))),
        (
            "many sums in Nix",
            format!("nixos:\n{}", many(1_000, |i| format!("  a{i}: !nix \"1{}\"\n", " + 1".repeat(900)))),
        ),
    ] {
        is_refused_in_little_memory(name, &format!("{HEAD}{text}"));
    }
}

#[test]
fn errors_after_the_first_500_are_mentioned_and_not_listed() {
    let outcome = timed("unknown keys", format!("{HEAD}{}", many(10_000, |i| format!("key{i}: x\n"))));
    assert_eq!(outcome.diagnostics.len(), 501);
    assert!(report(&outcome).contains("and 401 more"));
    assert_eq!(outcome.diagnostics.last().unwrap().message, "the file has more than 500 errors");
}

#[test]
fn accepted_warnings_above_the_limit_are_not_reported() {
    let service = |i| {
        let container = "{ image: docker.io/example/a, allow: { HG1201: why } }";
        format!("  s{i}: {{ containers: {{ s{i}: {container} }} }}\n")
    };
    let outcome = timed("accepted warnings", format!("{HEAD}services:\n{}", many(600, service)));
    assert!(outcome.diagnostics.is_empty(), "{} diagnostics", outcome.diagnostics.len());
}

/// A change of a file, as by a user, a disk error or a merge.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Delete(usize, usize),
    Double(usize, usize),
    Insert(usize, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = 0..20_000usize;
    let word = prop::sample::select(vec![
        "${",
        "}",
        "{",
        "[",
        "]",
        ":",
        "\"",
        "'",
        "&a ",
        "*a ",
        "!nix ",
        "!x ",
        "<<: ",
        "null",
        "~",
        "\n",
        "\n  ",
        "\t",
        "- ",
        "? ",
        "| ",
        "> ",
        "# ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\u{feff}",
        "\u{2028}",
        "é",
        "사",
        "0",
        "-1",
        "1e999",
        "99999999999999999999",
        "${services.immich.port}",
        "${host}",
        "${constants}",
        "${paths}",
        "true",
        "\\x00",
        "\r",
    ]);
    prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(i, b)| Damage::Flip(i, b)),
        (at.clone(), 0..200usize).prop_map(|(i, n)| Damage::Delete(i, n)),
        (at.clone(), 0..200usize).prop_map(|(i, n)| Damage::Double(i, n)),
        (at, word).prop_map(|(i, w)| Damage::Insert(i, w)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let length = bytes.len().max(1);
    match damage {
        Damage::Flip(at, byte) => {
            if let Some(b) = bytes.get_mut(at % length) {
                *b = *byte;
            }
        }
        Damage::Delete(at, count) => {
            let from = (at % length).min(bytes.len());
            bytes.drain(from..(from + count).min(bytes.len()));
        }
        Damage::Double(at, count) => {
            let from = (at % length).min(bytes.len());
            let part: Vec<u8> = bytes[from..(from + count).min(bytes.len())].to_vec();
            bytes.splice(from..from, part);
        }
        Damage::Insert(at, word) => {
            let from = (at % length).min(bytes.len());
            bytes.splice(from..from, word.bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        timed("bytes", &bytes);
    }

    #[test]
    fn arbitrary_text_does_not_panic(text in "\\PC{0,200}") {
        timed("text", &text);
        // The same text as a value of a service.
        timed("text in its place", format!("{HEAD}services:\n  web:\n    containers:\n      web:\n        image: {text}\n"));
    }

    #[test]
    fn damaged_files_do_not_panic(which in 0..4usize, all in prop::collection::vec(damage(), 1..6)) {
        let name = ["greenhead", "compose-words", "presets", "references"][which];
        let mut bytes = fixture(name).into_bytes();
        all.iter().for_each(|damage| apply(&mut bytes, damage));
        timed(name, &bytes);
    }

    #[test]
    fn nearly_valid_files_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 2..60)) {
        let cases = cases();
        let files: Vec<&str> = cases.iter().map(|(_, text)| text.as_str()).collect();
        timed("nearly right", mutate(&files, &bytes));
    }
}
