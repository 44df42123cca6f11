//! A backup of SQLite is one of the file that the application uses. Where a variable moved the database, the old file
//! often stays behind: every backup succeeds, and the data is in none.

use std::collections::HashMap;

use super::databases::{database_in, left_sqlite_files, sqlite_files};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::{Source, Work};
use crate::hir::{Container, Host, Job};
use crate::path::straight;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in &host.services {
        let mut saved: HashMap<String, Vec<&Text>> = HashMap::new();
        for path in service.jobs.iter().filter_map(saved_file) {
            saved.entry(straight(&path.value())).or_default().push(path);
        }
        if saved.is_empty() {
            continue;
        }
        for container in &service.containers {
            let Some((left, moved)) = left_sqlite_files(container) else { continue };
            let known = database_in(container);
            let used = known.map_or_else(Vec::new, |known| sqlite_files(container, known));
            for file in left.iter().filter(|file| !used.contains(file)) {
                for path in saved.get(file).into_iter().flatten() {
                    diagnostics.push(report(container, path, &moved, known.is_some(), &used));
                }
            }
        }
    }
}

fn report(container: &Container, path: &Text, moved: &Text, is_sqlite: bool, used: &[String]) -> Diagnostic {
    Diagnostic::new(
        Code::DatabaseOther,
        format!("`{}` does not use the database {}", container.name, path.value()),
        path.span,
        "is saved",
    )
    .and(moved.span, "puts the database elsewhere")
    .help(match used {
        [file] => format!("write `sqlite: {file}`"),
        _ if is_sqlite => {
            "write the path that the database has on the host; `homegen map-path` prints it".to_owned()
        }
        _ => "back up the database of the server, in place of this file".to_owned(),
    })
}

/// The file that a backup of SQLite saves.
fn saved_file(job: &Job) -> Option<&Text> {
    match &job.work {
        Work::Backup(backup) => match &backup.source {
            Source::Sqlite(path) => Some(path),
            Source::Postgres(_) | Source::Folder(_) => None,
        },
        _ => None,
    }
}
