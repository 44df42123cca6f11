//! The snapshots of every fixture: its diagnostics, and the files of its output.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::common::scripts::{scripts, shell_scripts};
use crate::common::{STYLE, compile, outcomes, report};
use crate::diagnostics::failures;
use crate::messages::{large_outcomes, last};
use homegen::diag::human;
use homegen::output::File;
use homegen::record;

/// The folder of a snapshot, relative to this file, with the name and the extension of the output file.
fn parts<'a>(case: &str, file: &'a File) -> (String, &'a str, &'a str) {
    let (folder, file) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let (name, extension) = file.split_once('.').expect("a file of the output has an extension");
    (format!("snapshots/{case}/{folder}"), name, extension)
}

/// The file that is the same for every host, and the case whose snapshot has it.
const SHARED: &str = "containers.nix";
const WITH_SHARED: &str = "greenhead";

/// The folder with the report for the failing file of each page in `docs/diagnostics/`.
const PAGES: &str = "snapshots/pages";

/// The folder with the report for each file that is too large to be a case.
const LARGE: &str = "snapshots/too-large";

/// The files of a case that have a snapshot. Scripts are copies of `templates/scripts/`, which another test checks.
fn pinned<'a>(case: &'a str, files: Option<&'a Vec<File>>) -> impl Iterator<Item = &'a File> {
    let is_pinned = move |file: &&File| {
        let is_shown = !file.path.ends_with(".sh") && (file.path != SHARED || case == WITH_SHARED);
        is_shown && !WARN.contains(&case)
    };
    files.into_iter().flatten().filter(is_pinned)
}

/// The text of a file in its snapshot.
fn pinned_text(file: &File) -> String {
    if file.path != record::PATH {
        return file.text.clone();
    }
    // The hashes would change with each line of the other files.
    let (before, after) = file.text.split_once("\"files\": {").expect("a record has files");
    let (_, after) = after.split_once("\n  }").expect("they end");
    format!("{before}\"files\": {{}}{after}")
}

#[test]
fn diagnostics_and_files_of_every_case_and_page_equal_their_snapshots() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // Everything is compared before the first difference fails the test.
    let mut different = Vec::new();
    let mut compare = |path: String, assert: &dyn Fn()| {
        if catch_unwind(AssertUnwindSafe(assert)).is_err() {
            different.push(path);
        }
    };
    settings.set_snapshot_path(PAGES);
    for (code, outcome) in failures() {
        let name = code.code();
        settings.bind(|| compare(name.to_owned(), &|| insta::assert_snapshot!(name, report(outcome))));
    }
    settings.set_snapshot_path(LARGE);
    for (name, outcome) in large_outcomes() {
        settings.bind(|| {
            compare((*name).to_owned(), &|| {
                let text = human::render(last(outcome), &outcome.sources, STYLE);
                insta::assert_snapshot!(*name, text)
            })
        });
    }
    for (case, outcome) in outcomes() {
        settings.set_snapshot_path("snapshots");
        settings.bind(|| compare(case.clone(), &|| insta::assert_snapshot!(case.as_str(), report(outcome))));
        for file in pinned(case, outcome.files.as_ref()) {
            let (folder, name, extension) = parts(case, file);
            settings.set_snapshot_path(folder);
            settings.bind(|| {
                compare(format!("{case}/{}", file.path), &|| {
                    let name = format!("{name}.{extension}");
                    insta::assert_binary_snapshot!(&name, pinned_text(file).into_bytes());
                });
            });
        }
    }
    assert!(
        different.is_empty(),
        "these differ from their snapshots, and `INSTA_UPDATE=always cargo test fixtures` accepts all: {different:#?}"
    );
}

#[test]
fn every_snapshot_belongs_to_a_case_and_to_a_file_of_its_output() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut expected = BTreeSet::new();
    expected.extend(failures().iter().map(|(code, _)| root.join(format!("{PAGES}/{}.snap", code.code()))));
    expected.extend(large_outcomes().iter().map(|(name, _)| root.join(format!("{LARGE}/{name}.snap"))));
    for (case, outcome) in outcomes() {
        expected.insert(root.join(format!("snapshots/{case}.snap")));
        for file in pinned(case, outcome.files.as_ref()) {
            let (folder, name, extension) = parts(case, file);
            expected.insert(root.join(&folder).join(format!("{name}.snap")));
            expected.insert(root.join(&folder).join(format!("{name}.snap.{extension}")));
        }
    }
    let mut stale = Vec::new();
    let mut open = vec![root.join("snapshots")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("there are snapshots") {
            let path = entry.expect("the folder can be read").path();
            // insta writes a pending snapshot beside one that differs.
            let is_pending = path.to_str().expect("a name in UTF-8").contains(".snap.new");
            if path.is_dir() {
                open.push(path);
            } else if !is_pending && !expected.contains(&path) {
                stale.push(path);
            }
        }
    }
    assert!(stale.is_empty(), "remove these, of which there is no case or no file: {stale:#?}");
}

/// HAProxy 3.3 refuses a configuration with two proxies of one name.
#[test]
fn haproxy_has_no_two_proxies_of_one_name() {
    let mut count = 0;
    for (case, outcome) in outcomes() {
        let Some(file) = outcome.files.iter().flatten().find(|file| file.path == "haproxy.nix") else {
            continue;
        };
        let mut seen = BTreeSet::new();
        let lines = file.text.lines().map(str::trim_start);
        for name in lines.filter_map(|l| l.strip_prefix("frontend ").or_else(|| l.strip_prefix("backend "))) {
            let is_valid = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c));
            assert!(is_valid, "{case}: HAProxy would refuse the name {name}");
            assert!(seen.insert(name), "{case}: {name} names two proxies");
        }
        count += seen.len();
    }
    assert!(count > 10, "{count} proxies are too few");
}

#[test]
fn containers_nix_is_the_same_for_every_host_without_servers_and_files() {
    let shared = |outcome: &homegen::Outcome| {
        outcome.files.iter().flatten().find(|file| file.path == SHARED).map(|file| file.text.clone())
    };
    // These have secrets of sops, servers, files, clients of ports, or units of NixOS.
    let others = [
        "container-files",
        "dedicated-vm",
        "every-key",
        "every-key-2",
        "host-databases",
        "host-ports",
        "native-services",
        "port-clients",
        "preset-on-host",
        "restic-only",
        "secret-stores",
        "server-needs",
    ];
    let cases = outcomes().iter().filter(|(case, _)| !others.contains(&case.as_str()));
    let all = cases.filter_map(|(case, outcome)| Some((case, shared(outcome)?)));
    let texts: std::collections::BTreeMap<String, &String> = all.map(|(case, text)| (text, case)).collect();
    assert_eq!(texts.len(), 1, "they differ: {:?}", texts.values());
}

#[test]
fn emitted_scripts_are_copies_of_their_templates() {
    let mut copies = BTreeSet::new();
    for (case, outcome) in outcomes() {
        for file in outcome.files.iter().flatten().filter(|file| file.path.ends_with(".sh")) {
            let (_, name) = file.path.rsplit_once('/').expect("a script stands in a folder");
            let template = std::fs::read_to_string(scripts().join(name)).expect("a script has a template");
            assert_eq!(file.text, template, "{case}: {}", file.path);
            copies.insert(name);
        }
    }
    let templates = shell_scripts();
    let is_copied = |path: &&PathBuf| {
        copies.contains(path.file_name().and_then(|name| name.to_str()).unwrap_or_default())
    };
    let missing: Vec<&PathBuf> = templates.iter().filter(|path| !is_copied(path)).collect();
    assert!(missing.is_empty(), "no case emits these: {missing:?}");
}

#[test]
fn five_mistakes_cause_five_diagnostics() {
    // One run reports all differences, each once.
    let text =
        std::fs::read_to_string(crate::common::fixtures().join("five-mistakes/homeserver.yaml")).unwrap();
    let outcome = compile(text);
    assert_eq!(outcome.diagnostics.len(), 5, "{}", report(&outcome));
    assert!(outcome.files.is_none());
}

#[test]
fn each_line_with_a_near_miss_has_exactly_one_diagnostic() {
    let text =
        std::fs::read_to_string(crate::common::fixtures().join("near-misses/homeserver.yaml")).unwrap();
    let outcome = compile(&text);
    let line = |start: u32| text[..start as usize].matches('\n').count() + 1;
    let mut found: Vec<usize> = outcome.diagnostics.iter().map(|d| line(d.labels[0].span.start)).collect();
    found.sort_unstable();
    let marked = text.lines().zip(1..).filter(|(line, _)| line.ends_with("  # near miss"));
    let expected: Vec<usize> = marked.map(|(_, number)| number).collect();
    assert!(expected.len() >= 55, "only {} near misses", expected.len());
    assert_eq!(found, expected, "{}", report(&outcome));
}

#[test]
fn ten_mistakes_cause_ten_diagnostics_and_none_once_corrected() {
    let outcome_of = |case: &str| {
        compile(
            std::fs::read_to_string(crate::common::fixtures().join(case).join("homeserver.yaml")).unwrap(),
        )
    };
    let outcome = outcome_of("ten-mistakes");
    let codes: std::collections::HashSet<_> = outcome.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!((outcome.diagnostics.len(), codes.len()), (10, 10), "{}", report(&outcome));
    let mended = outcome_of("ten-mistakes-mended");
    assert!(mended.diagnostics.is_empty(), "{}", report(&mended));
}

/// The cases whose purpose is their warnings: they have output, but no snapshot of it.
const WARN: &[&str] = &["moved-data", "not-backed-up", "secrets-missing", "server-needs"];

/// The cases whose purpose is their output. All others are refused.
const COMPILE: &[&str] = &[
    "adguard",
    "bound-paths",
    "caddy-addresses",
    "caddy-interfaces",
    "caddy-internal",
    "caddy-plugin",
    "caddy-tailscale-certs",
    "client",
    "compose-words",
    "container-files",
    "day-after",
    "dedicated-nas",
    "dedicated-vm",
    "every-key",
    "every-key-2",
    "every-key-jobs",
    "first-start",
    "greenhead",
    "haproxy",
    "haproxy-before-caddy",
    "host-databases",
    "host-ports",
    "isolation",
    "locked",
    "login",
    "minimal",
    "native-services",
    "networks",
    "nfs-mount",
    "nothing-written",
    "owned-folders",
    "port-clients",
    "preset",
    "preset-merge",
    "preset-on-host",
    "presets",
    "published-wide",
    "raw-nixos",
    "reaches",
    "references",
    "restic-only",
    "secret-stores",
    "secrets",
    "service-limits",
    "tunnel",
    "short-names",
    "site-options",
    "snap-like",
    "site-address",
    "ten-mistakes-mended",
];

#[test]
fn listed_cases_compile_and_all_others_are_refused() {
    let wrong: Vec<&String> = outcomes()
        .iter()
        .filter(|(name, outcome)| {
            outcome.files.is_some() != [COMPILE, WARN].concat().contains(&name.as_str())
        })
        .map(|(name, _)| name)
        .collect();
    assert!(wrong.is_empty(), "these do the opposite: {wrong:?}");
}

#[test]
fn diagnostics_are_in_the_order_of_the_file() {
    // The position of a diagnostic is the start of its first label.
    for (name, outcome) in outcomes() {
        let positions: Vec<u32> =
            outcome.diagnostics.iter().map(|d| outcome.sources.in_file(d.labels[0].span).start).collect();
        assert!(positions.is_sorted(), "{name}: {}", report(outcome));
    }
}
