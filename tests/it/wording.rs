//! Messages, comments and names of tests are in plain technical English: they name their subject, and name it first.

use std::fs;
use std::path::{Path, PathBuf};

/// Words that leave the subject of a sentence open.
const VAGUE: &[&str] = &["said", "told", "tells", "nobody", "somebody", "that of"];

/// Words at the start of a comment that hide its subject.
const OPENINGS: &[&str] = &["What", "Whether", "Who", "Which", "Where"];

/// Words that leave the subject of a test's name open.
const VAGUE_IN_NAMES: &[&str] = &[
    "said", "told", "tells", "says", "nobody", "somebody", "anybody", "what", "who", "whose", "whoever",
    "whom",
];

/// All files below `folder` whose names end in one of `extensions`.
fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| extensions.iter().any(|other| found == *other)) {
                files.push(path);
            }
        }
    }
    files
}

/// Returns whether `text` contains one of [`VAGUE`] as whole words.
fn is_vague(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let text = format!(" {} ", words.join(" "));
    VAGUE.iter().any(|word| text.contains(&format!(" {word} ")))
}

/// The comment of a line that has nothing else, without its marker.
fn comment<'a>(line: &'a str, markers: &[&str]) -> Option<&'a str> {
    let line = line.trim_start();
    markers.iter().find_map(|marker| line.strip_prefix(marker)).map(str::trim_start)
}

#[test]
fn comments_name_their_subjects() {
    let rust = ["src", "tests/it", "benches"].iter().flat_map(|folder| files(folder, &["rs"]));
    let others = ["templates", "presets", "data"]
        .iter()
        .flat_map(|folder| files(folder, &["sh", "j2", "nix", "yaml"]));
    let rust = rust.map(|path| (path, &["//!", "///", "//"][..]));
    let mut found = Vec::new();
    let mut count = 0;
    for (path, markers) in rust.chain(others.map(|path| (path, &["#"][..]))) {
        let text = fs::read_to_string(&path).expect("a text");
        for (number, line) in text.lines().enumerate() {
            let Some(comment) = comment(line, markers) else { continue };
            count += 1;
            let first = comment.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            if OPENINGS.contains(&first) || is_vague(comment) {
                found.push(format!("{}:{}: {comment}", path.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(count > 3_000, "only {count} lines of comments");
}

#[test]
fn messages_name_their_subjects() {
    let mut found = Vec::new();
    for path in files("src", &["rs"]) {
        let text = fs::read_to_string(&path).expect("a text");
        let code = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate().filter(|(_, line)| comment(line, &["//"]).is_none()) {
            // Every second part of a line is in quotes.
            if line.split('"').skip(1).step_by(2).any(is_vague) {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The names of the functions of a file that have the attribute `#[test]`, each with its line.
fn test_names(text: &str) -> Vec<(usize, &str)> {
    let mut names = Vec::new();
    let mut is_test = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if let Some(declaration) = line.strip_prefix("fn ").filter(|_| is_test) {
            names.push((number + 1, declaration.split('(').next().unwrap_or_default()));
        }
        // Other attributes may follow `#[test]`.
        is_test = line == "#[test]" || is_test && line.starts_with("#[");
    }
    names
}

#[test]
fn test_names_name_their_subjects() {
    let mut found = Vec::new();
    let mut count = 0;
    for path in ["src", "tests/it"].iter().flat_map(|folder| files(folder, &["rs"])) {
        let text = fs::read_to_string(&path).expect("a text");
        let names = test_names(&text);
        let tests = text.lines().filter(|line| line.trim_start() == "#[test]").count();
        assert_eq!(names.len(), tests, "{} has tests without a name", path.display());
        count += tests;
        for (number, name) in names {
            if name.split('_').any(|word| VAGUE_IN_NAMES.contains(&word)) {
                found.push(format!("{}:{number}: {name}", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(count > 400, "only {count} tests");
}
