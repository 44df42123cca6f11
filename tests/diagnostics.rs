//! Every code has a page that is true: its first file fails with that code alone, its second one passes.

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::{compile, compile_beside, said};
use homegen::Outcome;
use homegen::diag::{Code, Severity};
use homegen::record::{self, Record};
use homegen::surroundings::Surroundings;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagnostics")
}

/// The file under a heading of a page, as it would be on the disk.
fn file(code: Code, heading: &str) -> Vec<u8> {
    let page = code.page();
    let (_, section) = page
        .split_once(&format!("\n## {heading}\n\n```yaml"))
        .unwrap_or_else(|| panic!("{} has no file under `{heading}`", code.code()));
    let (encoding, rest) = section.split_once('\n').expect("a block has lines");
    let (text, _) = rest.split_once("\n```\n").expect("a block is closed");
    match encoding {
        "" => format!("{text}\n").into_bytes(),
        // Markdown is UTF-8, so a file that is not has to say what it is instead.
        " latin1" => text.chars().map(|c| u8::try_from(c).expect("a character of Latin-1")).collect(),
        other => panic!("{} has a block of `yaml{other}`", code.code()),
    }
}

/// Compiles the file under a heading. `Files` lists what is on the disk beside it, and the output of the
/// file under `Before` is what the output folder holds.
fn compile_of(code: Code, heading: &str) -> Outcome {
    let page = code.page();
    let exists = |path: &str| page.lines().any(|line| line == format!("- `{path}`"));
    let before = page.contains("\n## Before\n").then(|| compile(file(code, "Before")));
    let last_build =
        before.map(|before| Record::read(common::file(&before, record::PATH).as_bytes()).unwrap());
    let surroundings = Surroundings {
        exists: if page.contains("\n## Files\n") { Some(&exists) } else { None },
        last_build: last_build.as_ref(),
    };
    compile_beside(file(code, heading), &surroundings)
}

#[test]
fn every_page_has_its_parts() {
    for code in Code::ALL {
        let page = code.page();
        let (title, rest) = page.split_once("\n\n").expect("a page has a title and text");
        assert_eq!(title, format!("# {}: {}", code.code(), code.title()));
        let headings: Vec<&str> = rest
            .lines()
            .filter(|line| line.starts_with('#') && !matches!(*line, "## Files" | "## Before"))
            .collect();
        assert_eq!(headings, ["## Fails", "## Passes"], "{}", code.code());
        assert!(!rest.starts_with('#'), "{} explains nothing", code.code());
    }
}

#[test]
fn the_file_that_fails_does_so_once_and_with_this_code() {
    for code in Code::ALL {
        let outcome = compile_of(*code, "Fails");
        let found: Vec<&str> = outcome.diagnostics.iter().map(|d| d.code.code()).collect();
        assert_eq!(found, [code.code()], "{}", said(&outcome));
        assert!(outcome.diagnostics[0].help.is_some(), "no help:\n{}", said(&outcome));
        assert_eq!(outcome.files.is_none(), code.severity() == Severity::Error, "{}", code.code());
    }
}

#[test]
fn the_file_that_passes_has_output_and_nothing_is_said_of_it() {
    for code in Code::ALL {
        let outcome = compile_of(*code, "Passes");
        assert!(outcome.diagnostics.is_empty(), "{}:\n{}", code.code(), said(&outcome));
        assert!(outcome.files.is_some_and(|files| !files.is_empty()), "{}", code.code());
    }
}

#[test]
fn every_page_belongs_to_a_code() {
    let found: BTreeSet<String> = std::fs::read_dir(folder())
        .expect("there are pages")
        .map(|entry| entry.expect("the folder can be read").file_name().into_string().expect("UTF-8"))
        .collect();
    let pages = Code::ALL.iter().map(|code| format!("{}.md", code.code()));
    assert_eq!(found, pages.chain(["README.md".to_owned()]).collect());
}

#[test]
fn the_index_is_the_table_of_codes() {
    let index = std::fs::read_to_string(folder().join("README.md")).expect("there is an index");
    let table: String = Code::ALL
        .iter()
        .map(|code| {
            let severity = match code.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let allow = if code.can_be_allowed() { "yes" } else { "" };
            format!("| [{0}]({0}.md) | {severity} | {allow} | {1} |\n", code.code(), code.title())
        })
        .collect();
    assert!(
        index.ends_with(&format!("| Code | Severity | `allow` | Title |\n|---|---|---|---|\n{table}")),
        "the table in docs/diagnostics/README.md has to be:\n{table}"
    );
}
