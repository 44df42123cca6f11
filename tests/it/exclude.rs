//! `exclude` of a backup: the rule about copied databases and rsync agree about every pattern.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::common::folder::tree;
use crate::common::sandbox::{Sandbox, script};
use crate::common::scripts::{Stage, are_installed, program, scripts};
use crate::common::{compile, report};

/// Patterns, also those that rsync would read as other rules or other options.
const PATTERNS: &[&str] = &[
    "db", "db/", "./db", "./db/", "a/db", "a/b/db", "./a/db", "./a/b/db", "a", "a/", "./a", "b/db", "x/db",
    "*", "*/", "./*/", "d?", "d??", "[cd]b", "[!d]b", "[^c-e]b", "[a-c]", "**/db", "a/**", "./a/**",
    "**/b/**", "a/**/db", "./**/db", "**", "./db/x", "db/*", "*b", "a*", "a/*", "./a/*", "*/db", "./*/db",
    "*/*/db", "\\*", "\\[x]", "DB", "d b", "- db", "+ db", "#db", ";db", "--db", "-db", "db\\*", "./",
    "merge db", "$db", "`db`", "\"", "'", "é", "?", "??",
];

/// Folders of databases in the copied folder.
const DATABASES: &[&str] =
    &["db", "a/db", "a/b/db", "a/b/c/db", "dbx", "- db", "+ db", "#db", "\\*", "*", "[x]", "$db", "é", "ab"];

/// The message that a database in the folder is copied, or none.
fn is_copied(database: &str, pattern: &str) -> Option<bool> {
    let quoted = |text: &str| serde_json::to_string(text).expect("JSON");
    let outcome = compile(format!(
        r#"homegen: 1
host: {{ name: box, nixos: "26.05", timezone: UTC, mounts: {{ /mnt/backup: {{}} }} }}
services:
  notes:
    containers:
      db: {{ image: docker.io/library/postgres:17.2, env_file: /srv/env, volumes: [{{ source: {}, target: /var/lib/postgresql/data }}] }}
    backup:
      files: {{ folder: /srv/notes, exclude: [{}], to: /mnt/backup, at: daily }}
"#,
        quoted(&format!("/srv/notes/{database}")),
        quoted(pattern),
    ));
    let report = report(&outcome);
    let is_invalid = report.contains("is not a pattern of files") || report.contains("HG1330");
    (!is_invalid).then(|| report.contains("HG1307"))
}

/// Copies the folder `source`, and returns the paths of the copy, each with true for a folder.
fn copied_tree(stage: &Stage, pattern: &str) -> BTreeMap<Vec<u8>, bool> {
    let target = stage.path("target");
    let _ = std::fs::remove_dir_all(&target);
    std::fs::create_dir(&target).unwrap();
    let script = std::fs::read_to_string(scripts().join("copy-folder.sh")).unwrap();
    let script =
        script.replace(". enter-folder.sh", &format!(". {}", scripts().join("enter-folder.sh").display()));
    let pattern = pattern.replace('\'', r"'\''");
    let file = stage.file("program", format!("declare -a EXCLUDE=('{pattern}')\n{script}"));
    let mut command =
        stage.program("bash", &["-o", "errexit", "-o", "nounset", "-o", "pipefail", &file, "copy"]);
    let ran = stage.run_to_end(command.current_dir(&target).env("SOURCE", stage.path("source")));
    assert_eq!(ran.code, Some(0), "{pattern}: {ran:?}");
    let copy = Path::new(&target).join("copy");
    let bytes = |path: PathBuf| path.into_os_string().into_encoded_bytes();
    tree(&copy).into_iter().map(|(path, (mode, _))| (bytes(path), mode & 0o170_000 == 0o040_000)).collect()
}

/// The paths of the copy.
fn copied(stage: &Stage, pattern: &str) -> BTreeSet<String> {
    let paths = copied_tree(stage, pattern).into_keys();
    paths.map(|path| String::from_utf8(path).expect("a name in UTF-8")).collect()
}

#[test]
fn a_database_is_copied_exactly_if_the_rule_reports_it() {
    if !are_installed(&["rsync", "unshare"]) {
        return;
    }
    let stage = Stage::new();
    for database in DATABASES {
        std::fs::create_dir_all(stage.at(format!("source/{database}"))).unwrap();
        std::fs::write(stage.at(format!("source/{database}/PG_VERSION")), "17").unwrap();
    }
    std::fs::write(stage.at("source/0 long-name.txt"), "").unwrap();
    let mut compared = BTreeSet::new();
    for pattern in PATTERNS {
        let mut copy = None;
        for database in DATABASES {
            let Some(is_reported) = is_copied(database, pattern) else { continue };
            let copy = copy.get_or_insert_with(|| copied(&stage, pattern));
            let file = format!("{database}/PG_VERSION");
            let folder = copy.iter().any(|path| path.trim_start_matches("./") == *database);
            assert_eq!(is_reported, folder, "{pattern:?} and {database:?}: {copy:?}");
            // A pattern of files in the folder of the database leaves the folder.
            assert!(folder || !copy.contains(&file));
            compared.insert((pattern, is_reported));
        }
    }
    assert!(compared.len() > 80, "{}", compared.len());
}

/// Patterns beyond [`PATTERNS`], for files of any kind.
const MORE: &[&str] = &[
    "**/",
    "a/**/",
    "./a/**/",
    "*/*/",
    "**/a/",
    "**/**/db",
    "a/**/**/db",
    "./a/**/**/db",
    "a/*/**/db",
    "**/*/db/",
    "./**/",
    "./**/b/",
    "[x]",
    "[a-]",
    "[]-a]",
    "[z-a]",
    "[+-.]*",
    "\\[*",
    "*\\*",
    "\\?",
    "*é*",
    "é*",
    "[a-z]*/",
    "homegen-view",
    "run",
    "notes-files",
    "./notes-files",
    "/run",
    "db/**/x",
    "a]",
    "{a,b}",
    "~",
    "*.tmp",
    "*[0-9]",
];

/// Names of files and folders that a pattern may match.
const NASTY: &[&[u8]] = &[
    b"db",
    b"a",
    b"b",
    b"x",
    b"DB",
    b"[x]",
    b"\\*",
    b"*",
    b"\\",
    b"?",
    b"$db",
    b"- db",
    b"+ db",
    b"#db",
    b"!db",
    b" lead",
    b"trail ",
    b"new\nline",
    b"\xff\xfe",
    "é".as_bytes(),
    "éb".as_bytes(),
    b"homegen-view",
    b"run",
    b"notes-files",
    b"a]",
    b"{a,b}",
    b"~",
    b"-x",
    b".tmp",
    b"a.tmp",
    b"7",
];

/// The patterns of restic in the emitted backup of a folder, or `None` if the file is refused.
fn for_restic(pattern: &str) -> Option<Vec<String>> {
    let quoted = serde_json::to_string(pattern).expect("JSON");
    let outcome = compile(format!(
        "homegen: 1
host: {{ name: box, nixos: \"26.05\", timezone: UTC }}
agenix: {{ directory: secrets }}
secrets: {{ restic: {{}} }}
services:
  notes:
    containers: {{ app: {{ image: docker.io/example/app:1.0.0, volumes: [\"/srv/notes:/data\"] }} }}
    backup:
      files: {{ folder: /srv/notes, exclude: [{quoted}], at: daily, offsite: {{ repository: \"sftp:a@b:/c\", password: restic }} }}
"
    ));
    let files = outcome.files?;
    let module = files.iter().find(|file| file.path == "jobs/notes-backup-files.nix").expect("a module");
    let (_, rest) = module.text.split_once("EXCLUDE = [").expect("patterns");
    let (list, _) = rest.split_once("];").expect("the end of a list");
    // These texts have no escape of Nix that JSON does not have, except the one of `${`. A text with a quote is between
    // two pairs of apostrophes.
    let texts = list.trim().lines().map(|line| line.trim().replace("\\${", "${"));
    let read = |text: String| match text.strip_prefix("''").and_then(|text| text.strip_suffix("''")) {
        Some(text) => text.to_owned(),
        None => serde_json::from_str(&text).expect("a text"),
    };
    Some(texts.map(read).collect())
}

/// The paths in the folder `notes-files` that restic would save with these patterns.
fn saved(sandbox: &Sandbox, patterns: &[String]) -> BTreeMap<Vec<u8>, bool> {
    let quoted: Vec<String> =
        patterns.iter().map(|one| format!("'{}'", one.replace('\'', r"'\''"))).collect();
    let script = std::fs::read_to_string(script("take-snapshot")).unwrap();
    std::fs::write(sandbox.at("take"), format!("EXCLUDE=({})\n{script}", quoted.join(" "))).unwrap();
    let take = sandbox.at("take").display().to_string();
    program(&sandbox.at("bin/take"), &format!("exec bash -euo pipefail '{take}' \"$@\""));
    let mut command = sandbox.command(&["take", "notes-files", "tag"]);
    let output = command.current_dir(sandbox.at("view")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| line.contains("verbose_status")) {
        let item: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let Some(path) = item["item"].as_str() else { continue };
        let is_folder = path.ends_with('/');
        let path = path.trim_matches('/').strip_prefix("notes-files").expect("it is in the folder");
        found.insert(path.trim_start_matches('/').as_bytes().to_vec(), is_folder);
    }
    assert!(text.contains("\"message_type\":\"summary\""), "{patterns:?}: {text}{:?}", output.stderr);
    found
}

#[test]
fn restic_leaves_out_the_same_files_as_rsync() {
    if !are_installed(&["rsync", "unshare"]) {
        return;
    }
    let Some(sandbox) = Sandbox::new().with_repository() else { return };
    // With `--dry-run`, restic prints all files that it would save.
    program(
        &sandbox.at("bin/restic"),
        "PATH=${PATH#*:}; shift; exec restic backup --dry-run --json --verbose=2 \"$@\"",
    );
    let password = "PASSWORD_FILE=$REPOSITORY_PASSWORD restic-client init";
    program(&sandbox.at("bin/made"), &format!("PATH=${{PATH#*:}}:${{PATH%%:*}}; {password}"));
    assert!(sandbox.run(&["made"]).status.success());
    let stage = Stage::new();
    let source = stage.at("source");
    // Each name as a file, and as a folder with files and folders in it. A dry run does not print links.
    let name = |bytes: &[u8]| Path::new(std::ffi::OsStr::from_bytes(bytes)).to_owned();
    for nasty in NASTY {
        let folder = source.join("d").join(name(nasty));
        std::fs::create_dir_all(folder.join("b/db")).unwrap();
        for inside in &NASTY[2..8] {
            std::fs::write(folder.join(name(inside)), "").ok();
        }
        std::fs::write(folder.join("b/db/x"), "").unwrap();
        std::fs::create_dir_all(source.join("f")).unwrap();
        std::fs::write(source.join("f").join(name(nasty)), "").unwrap();
    }
    for folder in DATABASES {
        std::fs::create_dir_all(source.join(folder)).unwrap();
        std::fs::write(source.join(folder).join("PG_VERSION"), "17").unwrap();
    }
    std::fs::create_dir(sandbox.at("view")).unwrap();
    std::fs::rename(&source, sandbox.at("view/notes-files")).unwrap();
    std::os::unix::fs::symlink(sandbox.at("view/notes-files"), &source).unwrap();
    let mut compared = 0;
    let mut refused = Vec::new();
    for pattern in PATTERNS.iter().chain(MORE) {
        let Some(patterns) = for_restic(pattern) else {
            refused.push(*pattern);
            continue;
        };
        let copied: BTreeMap<Vec<u8>, bool> = copied_tree(&stage, pattern);
        let saved = saved(&sandbox, &patterns);
        // The names in JSON are valid Unicode.
        let plain =
            |path: &&Vec<u8>| !path.contains(&0xff) && !path.windows(3).any(|w| w == "\u{fffd}".as_bytes());
        let files = |tree: &BTreeMap<Vec<u8>, bool>| -> BTreeSet<Vec<u8>> {
            tree.iter()
                .filter(|(_, is_folder)| !**is_folder)
                .map(|(path, _)| path)
                .filter(plain)
                .cloned()
                .collect()
        };
        let (by_restic, by_rsync) = (files(&saved), files(&copied));
        let different = by_restic.symmetric_difference(&by_rsync).map(|path| String::from_utf8_lossy(path));
        assert_eq!(different.collect::<Vec<_>>(), [""; 0], "{pattern:?} became {patterns:?}");
        // A folder that only a pattern for folders leaves out is saved without content.
        for (path, _) in saved.iter().filter(|(path, is_folder)| **is_folder && plain(path)) {
            let is_empty = !saved
                .keys()
                .any(|other| other.len() > path.len() && other.starts_with(&[&path[..], b"/"].concat()));
            let is_kept = copied.contains_key(path) || path.is_empty();
            assert!(
                is_kept || is_empty && pattern.ends_with('/'),
                "{pattern:?}: {:?}",
                String::from_utf8_lossy(path)
            );
        }
        compared += 1;
    }
    assert!(compared > 70, "{compared}");
    // One character of restic may have several bytes, and patterns for everything are refused in any backup.
    let inexact = |pattern: &&&str| pattern.contains(['?', '!', '^']);
    assert!(refused.iter().filter(|p| !inexact(p)).count() < 20, "{refused:?}");
}
