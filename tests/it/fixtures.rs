//! Every fixture with what homegen makes of it: its diagnostics, and the files of its output.

use std::collections::BTreeSet;

use crate::common::{cases, compile, said};
use homegen::record;

/// The case whose snapshot holds the texts of the scripts and the record; elsewhere they would say the same again.
const WITH_SCRIPTS: &str = "greenhead";

/// What a reviewer reads of one case.
fn snapshot(name: &str, text: &str) -> String {
    let outcome = compile(text);
    let mut out = said(&outcome);
    for file in outcome.files.iter().flatten() {
        out.push_str(&format!("── {} ──\n", file.path));
        if file.path == record::PATH {
            // The hashes of the files would change with every line of them.
            let (before, after) = file.text.split_once("\"files\": {").expect("a record has files");
            let (_, after) = after.split_once("\n  }").expect("they end");
            let text = format!("{before}\"files\": {{ … }}{after}\n");
            out.push_str(if name == WITH_SCRIPTS { &text } else { "" });
        } else if !file.path.ends_with(".sh") || name == WITH_SCRIPTS {
            out.push_str(&file.text);
            out.push('\n');
        }
    }
    out
}

#[test]
fn every_case_is_what_its_snapshot_says() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // All cases are compared before the first that differs fails the test.
    let mut differ = Vec::new();
    settings.bind(|| {
        for (name, text) in cases() {
            let found = snapshot(&name, &text);
            if std::panic::catch_unwind(|| insta::assert_snapshot!(name.as_str(), found)).is_err() {
                differ.push(name);
            }
        }
    });
    assert!(differ.is_empty(), "these differ from their snapshots: {differ:?}");
}

#[test]
fn every_case_has_a_snapshot_and_every_snapshot_a_case() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    let snapshots: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("there are snapshots")
        .map(|entry| {
            entry.expect("the folder can be read").file_name().into_string().expect("a name in UTF-8")
        })
        .filter_map(|name| name.strip_suffix(".snap").map(str::to_owned))
        .collect();
    let cases: BTreeSet<String> = cases().into_iter().map(|(name, _)| name).collect();
    assert_eq!(cases, snapshots);
}

#[test]
fn five_mistakes_are_five_diagnostics() {
    // One run finds them all, and none of them is said twice.
    let text =
        std::fs::read_to_string(crate::common::fixtures().join("five-mistakes/homeserver.yaml")).unwrap();
    let outcome = compile(text);
    assert_eq!(outcome.diagnostics.len(), 5, "{}", said(&outcome));
    assert!(outcome.files.is_none());
}

#[test]
fn a_near_miss_is_one_diagnostic() {
    let text =
        std::fs::read_to_string(crate::common::fixtures().join("near-misses/homeserver.yaml")).unwrap();
    let outcome = compile(&text);
    let line = |start: u32| text[..start as usize].lines().count();
    let lines: Vec<usize> = outcome.diagnostics.iter().map(|d| line(d.labels[0].span.start)).collect();
    let distinct: BTreeSet<&usize> = lines.iter().collect();
    assert_eq!(distinct.len(), lines.len(), "{}", said(&outcome));
}

#[test]
fn ten_mistakes_are_ten_diagnostics_and_mended_they_are_none() {
    let outcome_of = |case: &str| {
        compile(
            std::fs::read_to_string(crate::common::fixtures().join(case).join("homeserver.yaml")).unwrap(),
        )
    };
    let outcome = outcome_of("ten-mistakes");
    let codes: std::collections::HashSet<_> = outcome.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!((outcome.diagnostics.len(), codes.len()), (10, 10), "{}", said(&outcome));
    let mended = outcome_of("ten-mistakes-mended");
    assert!(mended.diagnostics.is_empty(), "{}", said(&mended));
}

/// The cases that show output. All others show what is refused.
const COMPILE: &[&str] = &[
    "bound-paths",
    "caddy-interfaces",
    "caddy-internal",
    "caddy-plugin",
    "caddy-tailscale-certs",
    "client",
    "compose-words",
    "day-after",
    "every-key",
    "every-key-2",
    "every-key-jobs",
    "first-start",
    "greenhead",
    "isolation",
    "minimal",
    "networks",
    "nfs-mount",
    "nothing-written",
    "owned-folders",
    "preset",
    "preset-merge",
    "presets",
    "published-wide",
    "raw-nixos",
    "references",
    "secrets",
    "short-names",
    "ten-mistakes-mended",
];

#[test]
fn the_cases_that_show_output_compile_and_the_others_are_refused() {
    let wrong: Vec<String> = cases()
        .into_iter()
        .filter(|(name, text)| compile(text).files.is_some() != COMPILE.contains(&name.as_str()))
        .map(|(name, _)| name)
        .collect();
    assert!(wrong.is_empty(), "these do the opposite: {wrong:?}");
}

#[test]
fn diagnostics_come_in_the_order_of_the_lines() {
    // A person goes through the file from top to bottom, and so does what is said about it.
    for (name, text) in cases() {
        let outcome = compile(text);
        let places: Vec<u32> =
            outcome.diagnostics.iter().map(|d| outcome.sources.in_file(d.labels[0].span).start).collect();
        assert!(places.is_sorted(), "{name}: {}", said(&outcome));
    }
}
