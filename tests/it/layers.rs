//! Passes and data are separate, as docs/architecture.md describes: a pass uses no other pass, and data uses no pass.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The passes. `compile` in `src/lib.rs` puts them together.
const PASSES: &[&str] = &[
    "accept",
    "check",
    "command_line",
    "compare",
    "compose",
    "compose",
    "decode",
    "evaluate",
    "import",
    "link",
    "lower",
    "parse",
    "preset",
    "render",
    "repetition",
    "resolve",
    "survey",
    "switch",
    "units",
];

/// The modules that may use all others, because they connect them.
const TOP: &[&str] = &["cli", "lib", "main"];

/// The permitted uses of a pass, each with its reason.
const MEANT: &[(&str, &str, &str)] = &[
    ("compose", "parse", "a Compose file names the files that are parsed after it"),
    ("shape", "decode", "a declaration says how it is read"),
];

/// Every Rust file of the library, with the module at the top of the crate that it belongs to.
fn files() -> Vec<(String, PathBuf)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(&source).expect("below src").with_extension("");
                let module = below.iter().next().expect("a name").to_string_lossy().into_owned();
                files.push((module, path));
            }
        }
    }
    files
}

/// The code of a file without its comments, and without its unit tests, which may parse their input from YAML.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules at the top of the crate that a file names.
fn named(text: &str) -> BTreeSet<String> {
    let code = code(text);
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = BTreeSet::new();
    for (at, found) in code.match_indices("crate::") {
        let rest = &code[at + found.len()..];
        match rest.strip_prefix('{') {
            // `use crate::{link, lower::lower};`
            Some(list) => {
                let list = list.split(';').next().unwrap_or_default();
                names.extend(list.split(',').map(|item| name(item.trim())));
            }
            None => {
                names.insert(name(rest));
            }
        }
    }
    names
}

#[test]
fn a_pass_uses_no_other_pass_and_data_uses_none() {
    let mut wrong = Vec::new();
    let mut met = BTreeSet::new();
    for (module, path) in files() {
        if TOP.contains(&module.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("text");
        for pass in PASSES.iter().filter(|pass| **pass != module && named(&text).contains(**pass)) {
            match MEANT.iter().position(|(from, to, _)| *from == module && to == pass) {
                Some(meant) => {
                    met.insert(meant);
                }
                None => wrong.push(format!("{} uses the pass {pass}", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(met.len(), MEANT.len(), "an exception that nothing needs");
}

#[test]
fn rules_and_output_do_not_use_the_ast() {
    let mut wrong = Vec::new();
    for (module, path) in files() {
        let is_after_link = matches!(module.as_str(), "check" | "lower" | "hir" | "nixos" | "nix" | "render");
        if is_after_link && named(&fs::read_to_string(&path).expect("text")).contains("ast") {
            wrong.push(path.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "these use `ast`: {}", wrong.join(", "));
}

#[test]
fn applications_are_named_only_in_their_own_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/application");
    let applications: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert!(!applications.is_empty());
    let mut wrong = Vec::new();
    for (_, path) in files().into_iter().filter(|(module, _)| module != "application") {
        let code = code(&fs::read_to_string(&path).expect("text"));
        // String literals may be examples, such as of a name. Every second part of the code is a literal.
        let outside: String = code.split('"').step_by(2).collect();
        for application in &applications {
            let variable = format!("\"{}_", application.to_uppercase());
            if outside.to_lowercase().contains(application.as_str()) || code.contains(&variable) {
                wrong.push(format!("{} names {application}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
