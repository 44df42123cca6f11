//! Every code has a correct page: its first file fails with that code alone, and its second file passes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::common::encrypted::StoredFiles;
use crate::common::{compile, compile_beside, record_of, report};
use homegen::Outcome;
use homegen::diag::{Code, Severity};
use homegen::file_context::FileContext;
use homegen::lock::Lock;
use homegen::project::{FileKind, ProjectFiles, Unread};
use serde_yaml::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagnostics")
}

/// The file under a heading of a page, as bytes on the disk.
fn file(code: Code, heading: &str) -> Vec<u8> {
    let page = code.page();
    let (_, section) = page
        .split_once(&format!("\n## {heading}\n\n```yaml"))
        .unwrap_or_else(|| panic!("{} has no file under `{heading}`", code.code()));
    let (encoding, rest) = section.split_once('\n').expect("a block has lines");
    let (text, _) = rest.split_once("\n```\n").expect("a block is closed");
    match encoding {
        "" => format!("{text}\n").into_bytes(),
        COMPOSE => format!("{text}\n").into_bytes(),
        // Markdown is UTF-8, so a file in another encoding has to name it.
        " latin1" => text.chars().map(|c| u8::try_from(c).expect("a character of Latin-1")).collect(),
        other => panic!("{} has a block of `yaml{other}`", code.code()),
    }
}

/// The mark of a block that is a Compose file.
const COMPOSE: &str = " compose";

/// Reports whether the files of a page are Compose files.
pub fn is_compose(code: Code) -> bool {
    code.page().contains(&format!("\n```yaml{COMPOSE}\n"))
}

/// Reads the Compose file under a heading of a page, and the `.env` file in a block `ini` below it.
fn read_compose(code: Code, heading: &str) -> Outcome {
    let text = String::from_utf8(file(code, heading)).expect("UTF-8");
    let (_, section) = code.page().split_once(&format!("\n## {heading}\n")).expect("a section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let env = section.split_once("\n```ini\n").and_then(|(_, rest)| rest.split_once("```"));
    let files = [("compose.yaml", text.as_str())].into_iter().chain(env.map(|(text, _)| (".env", text)));
    let (project, sources, diagnostics) =
        crate::compose::read(files, &crate::compose::options(["compose.yaml"]));
    Outcome { sources, diagnostics, files: project.map(|_| Vec::new()) }
}

/// The command line under a heading of a page. `None` if the files of the page are not command lines.
fn command_line(code: Code, heading: &str) -> Option<&'static str> {
    let (_, section) = code.page().split_once(&format!("\n## {heading}\n\n```sh\n"))?;
    section.split("```").next()
}

/// A folder without files.
struct NoFiles;

impl ProjectFiles for NoFiles {
    fn read(&self, _: &str) -> Result<String, Unread> {
        Err(Unread::Absent)
    }

    fn kind(&self, _: &str) -> Option<FileKind> {
        None
    }
}

/// Reads a command line of a page.
fn read_command_line(line: &str) -> Outcome {
    let (sources, diagnostics, project) = homegen::read_command_line(line, &NoFiles);
    Outcome { sources, diagnostics, files: project.map(|_| Vec::new()) }
}

/// The encrypted files of a page by path, which stand under `Encrypted`.
fn encrypted_files(page: &str) -> BTreeMap<String, String> {
    let Some((_, section)) = page.split_once("\n## Encrypted\n") else { return BTreeMap::new() };
    let (section, _) = section.split_once("\n## ").expect("another section follows");
    let parts: Vec<&str> = section.split("`:\n\n```text\n").collect();
    let files = parts.windows(2).map(|pair| {
        let path = pair[0].rsplit('`').next().expect("a path").to_owned();
        (path, pair[1].split("```").next().expect("text").to_owned())
    });
    files.collect()
}

/// Compiles the file under a heading. `Files` lists the files beside it, and the output folder contains the output of
/// the file under `Before`.
fn compile_file(code: Code, heading: &str) -> Outcome {
    if is_compose(code) {
        return read_compose(code, heading);
    }
    if let Some(line) = command_line(code, heading) {
        return read_command_line(line);
    }
    let page = code.page();
    let exists = |path: &str| page.lines().any(|line| line == format!("- `{path}`"));
    let last_build = page.contains("\n## Before\n").then(|| record_of(&compile(file(code, "Before"))));
    let lock = page.contains("\n## Lock\n").then(|| file(code, "Lock"));
    let lock = lock.map(|lock| Lock::read(&String::from_utf8(lock).unwrap()).expect("a lock file"));
    let encrypted = StoredFiles(encrypted_files(page));
    let context = FileContext {
        lock: lock.as_ref(),
        exists: if page.contains("\n## Files\n") { Some(&exists) } else { None },
        last_build: last_build.as_ref(),
        encrypted: if encrypted.0.is_empty() { None } else { Some(&encrypted) },
    };
    compile_beside(file(code, heading), &context)
}

/// The outcome of the failing file of each page. Each is compiled once for all tests.
pub fn failures() -> &'static [(Code, Outcome)] {
    static FAILURES: LazyLock<Vec<(Code, Outcome)>> =
        LazyLock::new(|| Code::ALL.iter().map(|code| (*code, compile_file(*code, "Fails"))).collect());
    &FAILURES
}

#[test]
fn every_page_has_a_title_an_explanation_and_two_files() {
    for code in Code::ALL {
        let page = code.page();
        let (title, rest) = page.split_once("\n\n").expect("a page has a title and text");
        assert_eq!(title, format!("# {}: {}", code.code(), code.title()));
        let headings: Vec<&str> = rest
            .lines()
            .filter(|line| {
                line.starts_with('#')
                    && !matches!(*line, "## Files" | "## Before" | "## Lock" | "## Encrypted")
            })
            .collect();
        assert_eq!(headings, ["## Fails", "## Passes"], "{}", code.code());
        assert!(!rest.starts_with('#'), "{} explains nothing", code.code());
    }
}

#[test]
fn the_failing_file_of_a_page_has_exactly_its_diagnostic() {
    for (code, outcome) in failures() {
        let found: Vec<&str> = outcome.diagnostics.iter().map(|d| d.code.code()).collect();
        assert_eq!(found, [code.code()], "{}", report(outcome));
        assert!(outcome.diagnostics[0].help.is_some(), "no help:\n{}", report(outcome));
        assert_eq!(outcome.files.is_none(), code.severity() == Severity::Error, "{}", code.code());
    }
}

#[test]
fn the_passing_file_of_a_page_compiles_without_diagnostics() {
    for code in Code::ALL {
        let outcome = compile_file(*code, "Passes");
        assert!(outcome.diagnostics.is_empty(), "{}:\n{}", code.code(), report(&outcome));
        let is_project = is_compose(*code) || command_line(*code, "Passes").is_some();
        let is_written = outcome.files.is_some_and(|files| !files.is_empty() || is_project);
        assert!(is_written, "{}", code.code());
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let found: BTreeSet<String> = std::fs::read_dir(folder())
        .expect("there are pages")
        .map(|entry| entry.expect("the folder can be read").file_name().into_string().expect("UTF-8"))
        .collect();
    let pages = Code::ALL.iter().map(|code| format!("{}.md", code.code()));
    assert_eq!(found, pages.chain(["README.md".to_owned()]).collect());
}

#[test]
fn the_index_lists_every_code() {
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

/// `first` with the additional keys of `second`, or `None` if the two have different values for one key.
fn merged(first: &Value, second: &Value) -> Option<Value> {
    match (first, second) {
        (Value::Mapping(first), Value::Mapping(second)) => {
            let mut all = first.clone();
            for (key, value) in second {
                let value = match first.get(key) {
                    Some(known) => merged(known, value)?,
                    None => value.clone(),
                };
                all.insert(key.clone(), value);
            }
            Some(Value::Mapping(all))
        }
        _ => (first == second).then(|| first.clone()),
    }
}

/// The codes of two merged files. `None` if the files cannot be merged.
fn codes_of(first: &Value, second: &Value) -> Option<BTreeSet<&'static str>> {
    let text = serde_yaml::to_string(&merged(first, second)?).expect("a value is YAML");
    let linked = homegen::link("homeserver.yaml", text.as_bytes(), &FileContext::default());
    Some(linked.diagnostics.iter().map(|d| d.code.code()).collect())
}

/// Two pages of which one makes the other's mistake valid, with the reason.
const MENDED: &[(&str, &str, &str)] = &[(
    "HG0714",
    "HG1310",
    "a folder that a swapped volume names as the host's is no path of a container alone",
)];

#[test]
fn two_mistakes_are_both_reported_in_either_order() {
    // Two merged files would share the files beside them and the last build.
    let is_alone = |code: &&Code| {
        !is_compose(**code)
            && command_line(**code, "Fails").is_none()
            && !code.page().contains("\n## Files\n")
            && !code.page().contains("\n## Before\n")
    };
    let read = |code: Code, heading: &str| serde_yaml::from_slice::<Value>(&file(code, heading)).ok();
    let pages: Vec<(Code, Value, Value)> = Code::ALL
        .iter()
        .filter(is_alone)
        .filter_map(|code| Some((*code, read(*code, "Fails")?, read(*code, "Passes")?)))
        .collect();
    // The mistakes of two pages fit into one file if each is still reported beside the passing file of the other.
    let remains = |fails: &Value, passes: &Value, code: &Code| {
        [(fails, passes), (passes, fails)]
            .iter()
            .all(|(one, other)| codes_of(one, other).is_some_and(|all| all.contains(code.code())))
    };
    let mut both_reported = 0;
    let mut hidden = Vec::new();
    for (at, (first, first_fails, first_passes)) in pages.iter().enumerate() {
        for (second, second_fails, second_passes) in &pages[at + 1..] {
            if MENDED.iter().any(|(a, b, _)| [*a, *b] == [first.code(), second.code()]) {
                continue;
            }
            let both = BTreeSet::from([first.code(), second.code()]);
            for (one, other) in [(first_fails, second_fails), (second_fails, first_fails)] {
                let Some(found) = codes_of(one, other) else { continue };
                if found.is_superset(&both) {
                    both_reported += 1;
                } else if remains(first_fails, second_passes, first)
                    && remains(second_fails, first_passes, second)
                    && codes_of(first_passes, second_passes).is_some_and(|codes| codes.is_empty())
                {
                    hidden.push(format!("{both:?}: {found:?}"));
                }
            }
        }
    }
    assert!(hidden.is_empty(), "{} pairs hide a mistake:\n{}", hidden.len(), hidden.join("\n"));
    assert!(both_reported > 5_000, "only {both_reported} pairs fit");
}
