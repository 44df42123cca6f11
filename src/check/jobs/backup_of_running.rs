//! A copy of a running database's files is not a backup: its parts are from different moments.

use std::collections::{HashMap, HashSet};

use super::created::password;
use crate::databases::{data_volume, known_databases, mounted_for, sqlite_files};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::backup::Stopped;
use crate::hir::{Backup, Container, Host, Id};
use crate::image::{Kind, Known};
use crate::path::{Folders, ancestors, inside, is_below};
use crate::setting::Postgres;
use crate::source::Span;
use crate::tree::{Node, Text};
use crate::word::is_word;

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
    let backups = || host.backups().filter(|(job, _)| job.is_wanted()).map(|(_, backup)| backup);
    let files: Vec<String> = backups().filter_map(|backup| backup.source.sqlite()).map(Text::value).collect();
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
    let dumped = host.backups().filter(|(job, _)| job.is_wanted());
    let dumped: HashMap<&Id<Container>, &str> = dumped
        .filter_map(|(job, backup)| Some((backup.source.database()?.container.as_ref()?, job.unit.as_str())))
        .collect();
    for backup in backups() {
        let Some(folder) = backup.source.folder() else { continue };
        let path = folder.value();
        let copied = Copied {
            folder: &path,
            backup,
            stopped: backup.stop.iter().filter_map(Stopped::container).collect(),
        };
        if let Some(postgres) = &host.postgres
            && (is_below(&path, Postgres::DATA) || copied.has(Postgres::DATA, true))
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
        let found = servers.touching(&copied).or_else(|| sqlite.touching(&copied));
        let Some(database) = found else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::BackupOfRunning,
                format!("the database of `{}` is copied while it runs", database.container.name),
                folder.span,
                "copied file by file",
            )
            .and(database.span, format!("the data of {}", database.known.name))
            .help(help(database, &copied, dumped.get(&database.container.name).copied())),
        );
    }
}

/// The action for a database in a copied folder. `dump` is the unit of a backup that dumps it.
fn help(database: &Database, copied: &Copied, dump: Option<&str>) -> String {
    let exclude = copied.inside(&database.path).filter(|inside| !inside.is_empty());
    let exclude =
        exclude.map(|inside| format!("leave its files out with `exclude: [{}]`", quoted(&pattern(inside))));
    let also = || exclude.as_ref().map_or(String::new(), |exclude| format!(", and {exclude}"));
    match (database.known.kind, &exclude, dump) {
        (Kind::Sqlite(_), ..) => format!(
            "add a backup of the database beside this one: `database: {{ sqlite: {}, to: …, at: … }}`",
            quoted(&database.path)
        ),
        (_, Some(exclude), Some(dump)) => format!("{exclude}: `{dump}` dumps the database"),
        (Kind::Postgres, ..) => format!(
            "back it up with `postgres: {{ container: {}, database: NAME, user: USER }}`{}",
            database.container.short,
            also()
        ),
        (Kind::Mysql, ..) => format!(
            "back it up with `mysql`, such as `mysql: {{ container: {}, database: NAME, user: root, password: {} }}`{}",
            database.container.short,
            password(database.container, "root").map_or("SECRET".to_owned(), |secret| secret.text.value()),
            also()
        ),
        _ => {
            let program = database.container.settings.image.value.dump_program();
            let program = program.map_or_else(|| "its dump program".to_owned(), |p| format!("`{p}`"));
            format!(
                "dump it with {program} in a systemd unit under `nixos`, and {}",
                exclude.unwrap_or_else(|| "copy another folder".to_owned())
            )
        }
    }
}

/// The pattern of a path in the copied folder.
fn pattern(inside: &str) -> String {
    let escaped = inside.chars().flat_map(|c| match c {
        '*' | '?' | '[' => vec!['\\', c],
        // In a pattern, a backslash is only for those.
        '\\' => vec!['?'],
        c => vec![c],
    });
    format!("./{}", escaped.collect::<String>())
}

/// A path as a value of a flow mapping.
fn quoted(path: &str) -> String {
    match is_word(path, b"./_-+@") {
        true => path.to_owned(),
        false => format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"")),
    }
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

/// A copied folder.
struct Copied<'a> {
    folder: &'a str,
    backup: &'a Backup,
    /// The containers that do not run during the copy.
    stopped: HashSet<&'a Id<Container>>,
}

impl Copied<'_> {
    /// The path relative to the folder, if it is in it.
    fn inside<'p>(&self, path: &'p str) -> Option<&'p str> {
        inside(path, self.folder)
    }

    /// True if the file or folder at `path` is in the folder and in its copy.
    fn has(&self, path: &str, is_folder: bool) -> bool {
        self.backup.copies(path, is_folder)
    }
}

/// A database with its data on the host.
struct Database<'a> {
    container: &'a Container,
    known: &'static Known,
    span: Span,
    path: String,
}

/// Databases by their folders.
struct DatabaseFolders<'a>(Folders<&'a Database<'a>>);

impl<'a> DatabaseFolders<'a> {
    fn of(databases: Vec<&'a Database<'a>>) -> Self {
        // The first database of a folder counts.
        let databases = databases.into_iter().rev();
        DatabaseFolders(Folders::of(databases.map(|database| (database.path.clone(), database))))
    }

    /// Returns a database that is copied, or that contains the copied folder.
    fn touching(&self, copied: &Copied) -> Option<&'a Database<'a>> {
        let runs = |database: &&&Database| !copied.stopped.contains(&database.container.name);
        let is_copied = |database: &&&Database| {
            copied.has(&database.path, !matches!(database.known.kind, Kind::Sqlite(_)))
        };
        let above = self.0.innermost(copied.folder).filter(runs);
        above.or_else(|| self.0.below(copied.folder).filter(runs).find(is_copied)).copied()
    }
}
