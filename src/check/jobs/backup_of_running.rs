//! A copy of a running database's files is not a backup: its parts are from different moments.

use std::collections::{HashMap, HashSet};

use super::created::password;
use crate::check::storage::databases::{data_volume, known_databases, mounted_for, sqlite_files};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::backup::BackupSource;
use crate::hir::{Container, Host, Id};
use crate::image::{Kind, Known};
use crate::path::{ancestors, is_below};
use crate::setting::Postgres;
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let databases: Vec<Database> = known_databases(host)
        // Redis and Valkey replace their file as a whole.
        .filter(|(_, known)| !matches!(known.kind, Kind::Cache | Kind::Store))
        .flat_map(|(container, known)| match known.kind {
            Kind::Sqlite(_) => sqlite_databases(container, known),
            _ => server_database(container, known).into_iter().collect(),
        })
        .collect();
    // A disabled backup saves nothing.
    let sources = || host.backups().filter(|(job, _)| job.enable).map(|(_, backup)| &backup.source);
    let files: Vec<String> = sources().filter_map(BackupSource::sqlite).map(Text::value).collect();
    // Containers whose main database has a backup of its own: a folder backup saves the other files.
    let files: HashSet<&str> = files.iter().flat_map(|file| ancestors(file)).collect();
    let mut seen: HashSet<&Id<Container>> = HashSet::new();
    let saved: HashSet<&Id<Container>> = databases
        .iter()
        .filter(|database| seen.insert(&database.container.name) && files.contains(database.path.as_str()))
        .map(|database| &database.container.name)
        .collect();
    let (sqlite, servers): (Vec<_>, Vec<_>) =
        databases.iter().partition(|database| matches!(database.known.kind, Kind::Sqlite(_)));
    let sqlite = sqlite.into_iter().filter(|database| !saved.contains(&database.container.name));
    let (sqlite, servers) = (DatabaseFolders::of(sqlite.collect()), DatabaseFolders::of(servers));
    for folder in sources().filter_map(BackupSource::folder) {
        let path = folder.value();
        if let Some(postgres) = &host.postgres
            && (is_below(&path, Postgres::DATA) || is_below(Postgres::DATA, &path))
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupOfRunning,
                    "the databases of the host's Postgres are copied while it runs",
                    folder.span,
                    "copied file by file",
                )
                .and(postgres.version.text.span, format!("keeps its data in {}", Postgres::DATA))
                .help("back each database up with `postgres: { database: NAME }`, and choose a folder without them"),
            );
            continue;
        }
        let found = servers.touching(&path).or_else(|| sqlite.touching(&path));
        let Some(database) = found else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::BackupOfRunning,
                format!("the database of `{}` is copied while it runs", database.container.name),
                folder.span,
                "copied file by file",
            )
            .and(database.span, format!("the data of {}", database.known.name))
            .help(match database.known.kind {
                Kind::Postgres => format!(
                    "back it up with `postgres: {{ container: {}, database: NAME, user: USER }}`",
                    database.container.short
                ),
                Kind::Mysql => format!(
                    "back it up with `mysql`, such as `mysql: {{ container: {}, database: NAME, user: root, password: {} }}`",
                    database.container.short,
                    password(database.container, "root").map_or("SECRET".to_owned(), |secret| secret.text.value())
                ),
                Kind::Sqlite(_) => format!(
                    "add a backup of the database beside this one: `database: {{ sqlite: {}, to: …, at: … }}`",
                    quoted(&database.path)
                ),
                _ => {
                    let program = database.container.settings.image.value.dump_program();
                    let program = program.map_or_else(|| "its dump program".to_owned(), |p| format!("`{p}`"));
                    format!(
                        "dump it with {program} in a systemd unit under `nixos`, and exclude its files from this folder"
                    )
                }
            }),
        );
    }
}

/// A path as a value of a flow mapping.
fn quoted(path: &str) -> String {
    if path.contains([' ', '*']) { format!("\"{path}\"") } else { path.to_owned() }
}

/// The database of a server, by the folder of its data.
fn server_database<'a>(container: &'a Container, known: &'static Known) -> Option<Database<'a>> {
    let (volume, path) = data_volume(container, known)?;
    Some(Database { container, known, span: volume.span, path: path.value() })
}

/// The SQLite databases of an application, one for each file.
fn sqlite_databases<'a>(container: &'a Container, known: &'static Known) -> Vec<Database<'a>> {
    let span = mounted_for(container, known).map_or(container.settings.image.text.span, |volume| volume.span);
    let files = sqlite_files(container, known).into_iter();
    files.map(|path| Database { container, known, span, path }).collect()
}

/// A database with its data on the host.
struct Database<'a> {
    container: &'a Container,
    known: &'static Known,
    span: Span,
    path: String,
}

/// Databases by their folders.
#[derive(Default)]
struct DatabaseFolders<'a> {
    /// By the folder of the data.
    own: HashMap<&'a str, &'a Database<'a>>,
    /// By the folder of the data, and by each folder above it.
    within: HashMap<&'a str, &'a Database<'a>>,
}

impl<'a> DatabaseFolders<'a> {
    fn of(databases: Vec<&'a Database<'a>>) -> Self {
        let mut folders = DatabaseFolders::default();
        for database in databases {
            folders.own.entry(database.path.trim_end_matches('/')).or_insert(database);
            for folder in ancestors(&database.path) {
                folders.within.entry(folder).or_insert(database);
            }
        }
        folders
    }

    /// Returns a database that lies in `path` or above it.
    fn touching(&self, path: &str) -> Option<&'a Database<'a>> {
        let inside = self.within.get(path.trim_end_matches('/'));
        inside.or_else(|| ancestors(path).find_map(|folder| self.own.get(folder))).copied()
    }
}
