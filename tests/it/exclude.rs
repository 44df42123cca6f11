//! `exclude` of a backup: the rule about copied databases and rsync agree about every pattern.

use std::collections::BTreeSet;
use std::path::Path;

use crate::common::folder::tree;
use crate::common::scripts::{Stage, are_installed, scripts};
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

/// Copies a folder with these databases, and returns the paths of the copy.
fn copied(stage: &Stage, pattern: &str) -> BTreeSet<String> {
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
    tree(&copy).into_keys().map(|path| path.to_string_lossy().into_owned()).collect()
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
