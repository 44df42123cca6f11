//! A SQLite backup must name the file that the application uses. If a variable moved the database, the old file often
//! stays behind: every backup succeeds, and the data is in none. A backup of a missing file fails every time.

use std::collections::HashMap;

use crate::databases::{data_location, database_in, left_sqlite_files, mounted_for, sqlite_files};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Job, Service};
use crate::image::{Kind, Sqlite};
use crate::map::Mounted;
use crate::path::{Folders, is_below, normalized};
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in &host.services {
        let saved: Vec<&Text> = service.jobs.iter().filter_map(saved_file).collect();
        if !saved.is_empty() {
            moved(service, &saved, diagnostics);
            misnamed(service, &saved, diagnostics);
        }
    }
}

/// Reports backups of the files that an application would use if no variable moved its database.
fn moved(service: &Service, saved: &[&Text], diagnostics: &mut Diagnostics) {
    let mut by_path: HashMap<String, Vec<&Text>> = HashMap::new();
    for path in saved {
        by_path.entry(normalized(&path.value())).or_default().push(path);
    }
    for container in &service.containers {
        let Some((left, moved)) = left_sqlite_files(container) else { continue };
        let known = database_in(container);
        let used = known.map_or_else(Vec::new, |known| sqlite_files(container, known));
        for file in left.iter().filter(|file| !used.contains(file)) {
            for path in by_path.get(file).into_iter().flatten() {
                diagnostics.push(report(
                    container,
                    path,
                    (moved.span, "moves the database"),
                    known.is_some(),
                    &used,
                ));
            }
        }
    }
}

/// Reports a backup of a database's folder, and of a file beside or above the database with nearly its name: an
/// application may have other databases than the known one.
fn misnamed(service: &Service, saved: &[&Text], diagnostics: &mut Diagnostics) {
    let databases = Folders::of(service.containers.iter().filter_map(only_database));
    for path in saved {
        let value = normalized(&path.value());
        let enclosing = databases.innermost(&value);
        let Some(Database { container, file, volume }) = enclosing.or_else(|| databases.below(&value).next())
        else {
            continue;
        };
        if *file != value && (is_below(file, &value) || enclosing.is_some() && is_misspelt(&value, file)) {
            let why = (*volume, "the volume of the database");
            diagnostics.push(report(container, path, why, true, std::slice::from_ref(file)));
        }
    }
}

/// The one database of an application.
struct Database<'a> {
    container: &'a Container,
    /// The path of the file on the host.
    file: String,
    /// The position of its volume.
    volume: Span,
}

/// The database of an application that has exactly one, and the folder of its data on the host.
fn only_database(container: &Container) -> Option<(String, Database<'_>)> {
    let known = database_in(container)?;
    let Kind::Sqlite(Sqlite { files: [file], .. }) = known.kind else { return None };
    let is_any = file.ends_with('*');
    let file = sqlite_files(container, known).pop().filter(|_| !is_any)?;
    let (data, _) = data_location(container, known)?;
    let volume = mounted_for(container, known)?.span;
    Some((Mounted::of(container).on_host(&data)?, Database { container, file, volume }))
}

/// True if a path is probably a misspelling of `file`, which is in the same folder or below it: the names differ only
/// in the ending, or in less than one letter of five.
fn is_misspelt(path: &str, file: &str) -> bool {
    let Some((_, name)) = path.rsplit_once('/').filter(|(folder, _)| is_below(file, folder)) else {
        return false;
    };
    let (name, right) = (name.to_lowercase(), file.rsplit('/').next().unwrap_or_default().to_lowercase());
    let stem = |name: &str| ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).map(str::to_owned);
    let is_same = stem(&name).is_some_and(|stem_of_path| Some(stem_of_path) == stem(&right));
    is_same || strsim::osa_distance(&name, &right) * 5 < right.len()
}

/// The endings of SQLite files.
const ENDINGS: &[&str] = &[".db", ".db3", ".sqlite", ".sqlite3"];

fn report(
    container: &Container,
    path: &Text,
    why: (Span, &str),
    is_sqlite: bool,
    used: &[String],
) -> Diagnostic {
    Diagnostic::new(
        Code::DatabaseOther,
        format!("`{}` does not use the database {}", container.name, path.value()),
        path.span,
        "the backup saves this file",
    )
    .and(why.0, why.1)
    .help(match used {
        [file] => format!("write `sqlite: {file}`"),
        _ if is_sqlite => {
            "write the path of the database on the host; `homegen map-path SERVICE PATH` prints it".to_owned()
        }
        _ => "back up the server's database instead of this file".to_owned(),
    })
}

/// The file that a SQLite backup saves.
fn saved_file(job: &Job) -> Option<&Text> {
    job.backup()?.source.sqlite()
}
