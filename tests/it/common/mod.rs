//! Shared by several tests: the pages of the documentation, the fixtures, and functions that compile them.

pub mod attacker;
pub mod edits;
pub mod encrypted;
pub mod folder;
pub mod http;
pub mod mutate;
pub mod nix;
pub mod repository;
pub mod sandbox;
pub mod scripts;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use encrypted::StoredFiles;
use homegen::Outcome;
use homegen::diag::human::{self, Style};
use homegen::file_context::FileContext;

use homegen::lock::{self, Lock};
use homegen::output::OutputLocation;
use homegen::record::{self, Record};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a file of the repository.
pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The pages in a folder of the repository and in all folders below it, by their paths in the repository.
pub fn pages_below(folder: &str) -> BTreeSet<String> {
    let mut pages = BTreeSet::new();
    for entry in std::fs::read_dir(root().join(folder)).expect("a folder of pages") {
        let path = format!("{folder}/{}", entry.expect("an entry").file_name().to_string_lossy());
        if root().join(&path).is_dir() {
            pages.extend(pages_below(&path));
        } else if path.ends_with(".md") {
            pages.insert(path);
        }
    }
    pages
}

/// The folder of the fixtures.
pub fn fixtures() -> PathBuf {
    root().join("fixtures")
}

/// Every case, by name, with the text of its file.
pub fn cases() -> Vec<(String, String)> {
    let mut cases: Vec<(String, String)> = std::fs::read_dir(fixtures())
        .expect("there are fixtures")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.join("homeserver.yaml").is_file())
        .map(|path| {
            let name = path.file_name().expect("a name").to_str().expect("a name in UTF-8").to_owned();
            let text = std::fs::read_to_string(path.join("homeserver.yaml")).expect("the file is text");
            (name, text)
        })
        .collect();
    cases.sort();
    cases
}

/// The outcome of every case, by name. Each case is compiled once for all tests.
pub fn outcomes() -> &'static [(String, Outcome)] {
    static OUTCOMES: LazyLock<Vec<(String, Outcome)>> = LazyLock::new(|| {
        let outcome = |(name, text): (String, String)| {
            let outcome = compile_case(&fixtures().join(&name), &text);
            (name, outcome)
        };
        cases().into_iter().map(outcome).collect()
    });
    &OUTCOMES
}

/// Compiles the file of a case. The file `before.yaml` in its folder is the file of the last build, and beside a folder
/// `secrets` the compiler sees which files exist. A case whose name begins with `audit` sees the encrypted files.
fn compile_case(folder: &Path, text: &str) -> Outcome {
    let before = std::fs::read(folder.join("before.yaml")).ok();
    let last_build = before.map(|before| record_of(&compile(before)));
    let exists = |path: &str| folder.join(path).is_file();
    let lock = std::fs::read_to_string(folder.join(lock::PATH)).ok();
    let lock = lock.map(|lock| Lock::read(&lock).expect("a lock file"));
    let is_audit = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("audit"));
    let stored = StoredFiles::of(folder);
    let context = FileContext {
        lock: lock.as_ref(),
        exists: if folder.join("secrets").is_dir() { Some(&exists) } else { None },
        last_build: last_build.as_ref(),
        encrypted: if is_audit { Some(&stored) } else { None },
    };
    compile_beside(text, &context)
}

/// The record that a build leaves.
pub fn record_of(outcome: &Outcome) -> Record {
    Record::read(file(outcome, record::PATH).as_bytes()).expect("homegen reads what it writes")
}

/// Compiles a text as the CLI does for a file beside the folder `generated`, without other files.
pub fn compile(bytes: impl AsRef<[u8]>) -> Outcome {
    compile_beside(bytes, &FileContext::default())
}

/// Compiles a text in the context of its file.
pub fn compile_beside(bytes: impl AsRef<[u8]>, context: &FileContext) -> Outcome {
    let location = OutputLocation { source: "homeserver.yaml".to_owned(), to_source: "..".to_owned() };
    homegen::compile("homeserver.yaml", bytes.as_ref(), &location, context)
        .unwrap_or_else(|bug| panic!("homegen wrote what is not Nix: {}", bug.0))
}

/// How tests render diagnostics.
pub const STYLE: Style = Style { width: 100, color: false };

/// The diagnostics in the human format.
pub fn report(outcome: &Outcome) -> String {
    human::render(&outcome.diagnostics, &outcome.sources, STYLE)
}

/// One file of the output.
pub fn file<'a>(outcome: &'a Outcome, path: &str) -> &'a str {
    let files = outcome.files.as_ref().unwrap_or_else(|| panic!("does not compile:\n{}", report(outcome)));
    &files.iter().find(|f| f.path == path).unwrap_or_else(|| panic!("{path} is not emitted")).text
}
