//! The databases of a host, and the location of their data. Functions of the [`hir`](crate::hir).

use crate::hir::{Container, Host};
use crate::image::{Kind, Known, Sqlite};
use crate::map::Mounted;
use crate::path::{is_below, normalized};
use crate::setting::{Volume, VolumeSource};
use crate::tree::Text;

/// The containers whose image is known to hold a database.
pub(crate) fn known_databases(host: &Host) -> impl Iterator<Item = (&Container, &'static Known)> {
    host.containers().filter_map(|container| Some((container, database_in(container)?)))
}

/// The containers whose image is known to keep data: databases, and applications with files.
pub(crate) fn known_data(host: &Host) -> impl Iterator<Item = (&Container, &'static Known)> {
    host.containers().filter_map(|container| {
        let files = || {
            let known = container.settings.image.value.known()?;
            (known.kind == Kind::Program && known.data.is_some()).then_some(known)
        };
        Some((container, database_in(container).or_else(files)?))
    })
}

/// The known database that a container holds.
pub(crate) fn database_in(container: &Container) -> Option<&'static Known> {
    let image = &container.settings.image.value;
    let known = image.known()?;
    if known.major.is_some() && known.major != image.major() {
        return None;
    }
    let holds = match known.kind {
        Kind::Program => false,
        Kind::Sqlite(sqlite) => !is_on_server(container, sqlite),
        Kind::Postgres | Kind::Mysql | Kind::Database | Kind::Store | Kind::Cache => true,
    };
    holds.then_some(known)
}

/// True if the environment or a secret of a container puts the database of an application that can use SQLite on a
/// server.
fn is_on_server(container: &Container, sqlite: Sqlite) -> bool {
    let mut secrets = container.settings.secrets.0.iter().filter_map(|used| used.variable.as_ref());
    server(container, sqlite).is_some() || secrets.any(|variable| sqlite.is_moved_by(&variable.text.value()))
}

/// The value of the variable that puts the database on a server. The word `sqlite` in another variable overrides it.
fn server(container: &Container, sqlite: Sqlite) -> Option<Text> {
    let moving = container.variables().into_iter().filter(|(name, _)| sqlite.is_moved_by(&name.value()));
    let values: Vec<Text> = moving.map(|(_, value)| value).collect();
    let is_chosen = values.iter().any(|value| is_sqlite(&value.value()));
    values.into_iter().find(|value| !is_chosen && !is_no_server(&value.value()))
}

/// True if a value is the word for SQLite, such as `sqlite3` and `better-sqlite3`, or an address such as
/// `sqlite:///data/x.db`.
fn is_sqlite(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    lower.starts_with("sqlite") || lower.contains("sqlite") && !lower.contains(['/', ':', '.'])
}

/// True if a value is not a server: it turns one off, or is the path of a file.
fn is_no_server(value: &str) -> bool {
    let path = value.split('?').next().unwrap_or_default();
    let is_file = [".db", ".db3", ".sqlite", ".sqlite3"].iter().any(|ending| path.ends_with(ending));
    matches!(value, "" | "0" | "false" | "no")
        || is_file && !path.contains("://")
        || named_file(value).is_some()
}

/// The file in the value of such a variable: `/data/x.db`, or `sqlite:////data/x.db`, with options after a `?`. Three
/// slashes are a relative path in some programs.
fn named_file(value: &str) -> Option<String> {
    let path = value.split('?').next()?;
    let path = path.strip_prefix("sqlite:///").unwrap_or(path);
    // `/run/postgresql` is the folder of a server's socket.
    let has_ending = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    (path.starts_with('/') && has_ending).then(|| normalized(path))
}

/// The value of a variable in the environment, as the file has it.
fn variable(container: &Container, name: &str) -> Option<Text> {
    container.variables().into_iter().rfind(|(key, _)| key.value() == name).map(|(_, value)| value)
}

/// The value of an option in the command: `--datadir=/data` and `--datadir /data`.
fn option(container: &Container, name: &str) -> Option<Text> {
    let words = &container.settings.command.as_ref()?.0;
    words.iter().enumerate().find_map(|(at, word)| match word.value().strip_prefix(name)? {
        "" => words.get(at + 1).cloned(),
        rest => rest.starts_with('=').then(|| word.split_at(name.len() + 1).1),
    })
}

/// A location of the data that the file sets instead of the image's own.
struct Chosen {
    /// The folder, or for a database in one file, that file.
    path: String,
    /// The value with the path.
    text: Text,
}

/// The file of a database that a variable names.
fn chosen_file(container: &Container, known: &Known) -> Option<Chosen> {
    let Kind::Sqlite(sqlite) = known.kind else { return None };
    sqlite.moved_by.iter().find_map(|name| {
        let text = variable(container, name)?;
        Some(Chosen { path: named_file(&text.value())?, text })
    })
}

/// The folder of the data that a variable or an option names.
fn chosen_folder(container: &Container, known: &Known) -> Option<Chosen> {
    known.data_from.iter().find_map(|source| {
        let (name, below) = source.split_once('/').unwrap_or((source, ""));
        let text = match name.starts_with("--") {
            true => option(container, name)?,
            false => variable(container, name)?,
        };
        let folder = text.value();
        folder.starts_with('/').then(|| Chosen { path: normalized(&format!("{folder}/{below}")), text })
    })
}

/// The paths on the host of the SQLite files of a container. A path with a `*` in its last step is given as
/// its folder.
pub(crate) fn sqlite_files(container: &Container, known: &Known) -> Vec<String> {
    let mounted = Mounted::of(container);
    let files = match chosen_file(container, known) {
        Some(chosen) => vec![chosen.path],
        None => data_location(container, known).map_or_else(Vec::new, |(data, _)| files_in(&data, known)),
    };
    files.iter().filter_map(|file| mounted.on_host(file)).collect()
}

/// The SQLite files on the host that an application would use if no variable moved its database, and the value of that
/// variable.
pub(crate) fn left_sqlite_files(container: &Container) -> Option<(Vec<String>, Text)> {
    let known = container.settings.image.value.known()?;
    let Kind::Sqlite(sqlite) = known.kind else { return None };
    let chosen = || chosen_file(container, known).or_else(|| chosen_folder(container, known));
    let text = server(container, sqlite).or_else(|| chosen().map(|chosen| chosen.text))?;
    let mounted = Mounted::of(container);
    let files = files_in(known.data?, known);
    Some((files.iter().filter_map(|file| mounted.on_host(file)).collect(), text))
}

/// The SQLite files of an application in a folder of its data.
fn files_in(data: &str, known: &Known) -> Vec<String> {
    let Kind::Sqlite(sqlite) = known.kind else { return Vec::new() };
    let files = sqlite.files.iter().map(|file| file.strip_suffix("/*").unwrap_or(file));
    files.map(|file| normalized(&format!("{data}/{file}"))).collect()
}

/// The folder of a database's data, and the volume that its image declares for it.
pub(crate) fn data_location(container: &Container, known: &Known) -> Option<(String, &'static str)> {
    let declared = known.data?;
    if let Some(Chosen { path, .. }) = chosen_file(container, known) {
        let (folder, _) = path.rsplit_once('/')?;
        return Some((normalized(folder), declared));
    }
    // From 18 on the volume is the folder above (<https://hub.docker.com/_/postgres>, "PGDATA"). If the tag does not
    // show the major, the volume does.
    let major = container.settings.image.value.major();
    let is_mounted = || container.volumes.iter().any(|v| normalized(&v.target.value()) == declared);
    let (data, declared) = match (major, known.is_official_postgres()) {
        (Some(major @ 18..), true) => (format!("/var/lib/postgresql/{major}/docker"), "/var/lib/postgresql"),
        (None, true) if !is_mounted() => {
            ("/var/lib/postgresql/MAJOR/docker".to_owned(), "/var/lib/postgresql")
        }
        _ => (declared.to_owned(), declared),
    };
    Some((chosen_folder(container, known).map_or(data, |chosen| chosen.path), declared))
}

/// The volume that holds the data. The volume that the image of a server declares hides one that is mounted above it.
pub(crate) fn mounted_for<'a>(container: &'a Container, known: &Known) -> Option<&'a Volume> {
    let (data, declared) = data_location(container, known)?;
    let covers = |folder: &str| is_below(&data, folder);
    let depth = |folder: &str| folder.trim_end_matches('/').len();
    let volume = container
        .volumes
        .iter()
        .filter(|v| covers(&v.target.value()))
        .max_by_key(|v| depth(&v.target.value()))?;
    (matches!(known.kind, Kind::Sqlite(_))
        || !covers(declared)
        || depth(&volume.target.value()) >= depth(declared))
    .then_some(volume)
}

/// The volume that has the folder of the data in the container as its source: source and target are swapped.
pub(crate) fn swapped_volume<'a>(container: &'a Container, known: &Known) -> Option<&'a Volume> {
    let (data, declared) = data_location(container, known)?;
    if mounted_for(container, known).is_some() {
        return None;
    }
    container.volumes.iter().find(|volume| match &volume.source {
        VolumeSource::Bind(path) => [data.as_str(), declared].contains(&path.value().trim_end_matches('/')),
        VolumeSource::Named(_) | VolumeSource::Tmpfs => false,
    })
}

/// The volume of a database's data, and its folder on the host.
pub(crate) fn data_volume<'a>(container: &'a Container, known: &Known) -> Option<(&'a Volume, &'a Text)> {
    match mounted_for(container, known)? {
        volume @ Volume { source: VolumeSource::Bind(path), .. } => Some((volume, path)),
        _ => None,
    }
}
