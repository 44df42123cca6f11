//! The databases of a host, and where their data lies: what several rules ask.

use crate::ast::container::{Volume, VolumeSource};
use crate::hir::{Container, Host};
use crate::image::{ImageName, Kind, Known};
use crate::map::Mounted;
use crate::path::is_below;
use crate::tree::Text;

/// The containers whose image is known to hold a database.
pub(super) fn known_databases(host: &Host) -> impl Iterator<Item = (&Container, &'static Known)> {
    host.containers().filter_map(|container| {
        let image = ImageName::of(&container.compose.image);
        let known = image.known()?;
        // Such a variant of an image has its data in another folder.
        let is_rootless = image.tag.as_deref().is_some_and(|tag| tag.contains("rootless"));
        let holds = match known.kind {
            Kind::Program => false,
            Kind::Sqlite(_) if is_rootless => false,
            Kind::Sqlite(sqlite) => !sets_one_of(container, sqlite.moved_by),
            Kind::Postgres | Kind::Database | Kind::Cache => true,
        };
        holds.then_some((container, known))
    })
}

/// Whether a container sets one of these environment variables, to another value than SQLite or out of a secret.
fn sets_one_of(container: &Container, names: &[&str]) -> bool {
    let named = |name: &str| names.contains(&name.strip_suffix("_FILE").unwrap_or(name));
    let written = |(name, value): &(Text, Text)| named(&name.value()) && !is_sqlite(&value.value());
    container.compose.environment.0.iter().any(written)
        || container
            .compose
            .secrets
            .0
            .iter()
            .filter_map(|used| used.variable.as_ref())
            .any(|v| named(&v.value()))
}

/// Whether the value of such a variable is SQLite itself: `sqlite3`, an address such as `sqlite:///data/x.db`, or a
/// path.
fn is_sqlite(value: &str) -> bool {
    value.is_empty() || value.starts_with('/') || value.to_ascii_lowercase().starts_with("sqlite")
}

/// The paths on the host of the SQLite files of a container. A path with a `*` in its last step is given as
/// its folder.
pub(super) fn sqlite_files(container: &Container, known: &Known) -> Vec<String> {
    let (Kind::Sqlite(sqlite), Some(data)) = (known.kind, known.data) else { return Vec::new() };
    let mounted = Mounted::of(container);
    let files = sqlite.files.iter().map(|file| file.strip_suffix("/*").unwrap_or(file));
    files.filter_map(|file| mounted.on_host(&format!("{data}/{file}"))).collect()
}

/// Where a database keeps its data, and the volume that its image declares for it.
pub(super) fn data_place(container: &Container, known: &Known) -> Option<(String, &'static str)> {
    let declared = known.data?;
    if known.kind != Kind::Postgres {
        return Some((declared.to_owned(), declared));
    }
    // From 18 on the volume is the folder above (<https://hub.docker.com/_/postgres>, "PGDATA").
    let (data, declared) = match ImageName::of(&container.compose.image).major() {
        Some(major) if major >= 18 => (format!("/var/lib/postgresql/{major}/docker"), "/var/lib/postgresql"),
        _ => (declared.to_owned(), declared),
    };
    let own = container.compose.environment.0.iter().find(|(name, _)| name.value() == "PGDATA");
    Some((own.map_or(data, |(_, path)| path.value()), declared))
}

/// What is mounted where the data lies. The volume that the image of a server declares takes its place from one
/// that is mounted above it.
pub(super) fn mounted_for<'a>(container: &'a Container, known: &Known) -> Option<&'a Volume> {
    let (data, declared) = data_place(container, known)?;
    let covers = |folder: &str| is_below(&data, folder);
    let depth = |folder: &str| folder.trim_end_matches('/').len();
    let volume = container
        .compose
        .volumes
        .iter()
        .filter(|v| covers(&v.target.value()))
        .max_by_key(|v| depth(&v.target.value()))?;
    (matches!(known.kind, Kind::Sqlite(_))
        || !covers(declared)
        || depth(&volume.target.value()) >= depth(declared))
    .then_some(volume)
}

/// The folder of the host that a database's data ends up in.
pub(super) fn data_volume<'a>(container: &'a Container, known: &Known) -> Option<(&'a Volume, &'a Text)> {
    match mounted_for(container, known)? {
        volume @ Volume { source: VolumeSource::Bind(path), .. } => Some((volume, path)),
        _ => None,
    }
}
