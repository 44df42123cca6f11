//! The rows of `data/images.yaml`, indexed by the paths of their images.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::{Dropped, FirstPassword, Kind, Known, Sqlite};
use crate::data::{self, Row, all_kept, kept, texts};
use crate::setting::{CpuLevel, System};

/// The known facts about the images of one row.
#[derive(Debug, Deserialize)]
#[serde(from = "Columns")]
pub(super) struct Entry {
    /// The facts that most rules use, for an image with a name.
    pub(super) known: Option<Known>,
    /// The same facts for variants with `rootless` in their tags.
    pub(super) rootless: Option<Known>,
    /// The password that a database needs for its first start.
    pub(super) first_password: Option<FirstPassword>,
    /// The variables that the image accepts in one of two forms.
    pub(super) value_or_file: Option<ValueOrFile>,
    /// The variables with which the image connects to a Postgres server.
    pub(super) postgres_variables: Option<&'static [(&'static str, ConnectionPart)]>,
    /// The variables with which the image connects to a Valkey or Redis server.
    pub(super) valkey_variables: Option<&'static [(&'static str, ConnectionPart)]>,
    /// The extensions of its database that only a superuser may create.
    pub(super) postgres_extensions: &'static [&'static str],
    /// The patterns of the keys that it uses in Valkey.
    pub(super) valkey_keys: &'static [&'static str],
    /// The categories and commands of Valkey that it runs.
    pub(super) valkey_allow: &'static [&'static str],
    /// The program that dumps the database.
    pub(super) dump_program: Option<&'static str>,
    /// The folders in which it keeps only what it can create again.
    pub(super) caches: &'static [&'static str],
    /// The capabilities that the image's program needs.
    pub(super) capabilities: Option<&'static [&'static str]>,
    /// An image that it no longer supports.
    pub(super) dropped: Option<Dropped>,
    /// The only platform of a variant, by the end of its tag.
    pub(super) systems: &'static [(&'static str, System)],
    /// The lowest level of x86-64 on which the program runs.
    pub(super) cpu_level: Option<CpuLevel>,
    /// The tags that name a release of a distribution.
    pub(super) code_names: &'static [&'static str],
}

/// Variables with a value, or with the path of a file. The image refuses to start with both.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValueOrFile {
    /// The prefixes of their names.
    #[serde(deserialize_with = "texts")]
    pub(super) prefixes: &'static [&'static str],
    /// The suffix of the variable for a file.
    pub(super) ending: String,
}

/// The entry of an image, by its path without the registry.
pub(super) fn entry(path: &str) -> Option<&'static Entry> {
    let by_path = data::lazy!(HashMap<&str, &Row<Entry>>, {
        let mut by_path = HashMap::with_capacity(2 * rows().len());
        by_path.extend(rows().iter().flat_map(|row| row.names().map(move |path| (path, row))));
        by_path
    });
    by_path.get(path).map(|row| row.get())
}

fn rows() -> &'static [Row<Entry>] {
    data::rows!(Entry, "images")
}

/// A row as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    #[cfg_attr(not(test), expect(dead_code, reason = "the row is found by them"))]
    images: Vec<String>,
    name: Option<String>,
    kind: Option<KindName>,
    data: Option<String>,
    #[serde(default)]
    data_from: Vec<String>,
    older_data: Option<String>,
    sqlite: Option<Vec<String>>,
    #[serde(default)]
    moved_by: Vec<String>,
    major: Option<u32>,
    user: Option<u32>,
    starts_as: Option<u32>,
    memory: Option<Memory>,
    host_memory: Option<u64>,
    rootless: Option<Rootless>,
    first_password: Option<FirstPassword>,
    value_or_file: Option<ValueOrFile>,
    postgres_variables: Option<BTreeMap<String, ConnectionPart>>,
    valkey_variables: Option<BTreeMap<String, ConnectionPart>>,
    #[serde(default)]
    postgres_extensions: Vec<String>,
    #[serde(default)]
    valkey_keys: Vec<String>,
    #[serde(default)]
    valkey_allow: Vec<String>,
    dump_program: Option<String>,
    #[serde(default)]
    caches: Vec<String>,
    capabilities: Option<Vec<String>>,
    dropped: Option<Dropped>,
    #[serde(default)]
    systems: BTreeMap<String, String>,
    cpu_level: Option<String>,
    #[serde(default)]
    code_names: Vec<String>,
}

/// A part of a connection to a database, as the value of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectionPart {
    /// The host name, or the folder of the socket.
    Host,
    /// The user.
    User,
    /// The name of the database.
    Database,
    /// The password.
    Password,
    /// All of it, as a URL.
    Url,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindName {
    Postgres,
    Mysql,
    Database,
    Store,
    Cache,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    mib: u64,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rootless {
    data: String,
    sqlite: Vec<String>,
    starts_as: u32,
}

impl From<Columns> for Entry {
    fn from(row: Columns) -> Entry {
        let moved_by = all_kept(row.moved_by);
        let of_sqlite = |files| Kind::Sqlite(Sqlite { files: all_kept(files), moved_by });
        let known = row.name.map(|name| Known {
            name: kept(name),
            kind: match (row.kind, row.sqlite) {
                (Some(KindName::Postgres), _) => Kind::Postgres,
                (Some(KindName::Mysql), _) => Kind::Mysql,
                (Some(KindName::Database), _) => Kind::Database,
                (Some(KindName::Store), _) => Kind::Store,
                (Some(KindName::Cache), _) => Kind::Cache,
                (None, Some(files)) => of_sqlite(files),
                (None, None) => Kind::Program,
            },
            data: row.data.map(kept),
            data_from: all_kept(row.data_from),
            older_data: row.older_data.map(kept),
            major: row.major,
            user: row.user,
            starts_as: row.starts_as,
            memory: row.memory.map(|memory| (memory.mib, kept(memory.why))),
            host_memory: row.host_memory,
        });
        let rootless = known.zip(row.rootless).map(|(known, rootless)| Known {
            kind: of_sqlite(rootless.sqlite),
            data: Some(kept(rootless.data)),
            starts_as: Some(rootless.starts_as),
            ..known
        });
        Entry {
            known,
            rootless,
            first_password: row.first_password,
            value_or_file: row.value_or_file,
            postgres_variables: row.postgres_variables.map(connection),
            valkey_variables: row.valkey_variables.map(connection),
            postgres_extensions: all_kept(row.postgres_extensions),
            valkey_keys: all_kept(row.valkey_keys),
            valkey_allow: all_kept(row.valkey_allow),
            dump_program: row.dump_program.map(kept),
            caches: all_kept(row.caches),
            capabilities: row.capabilities.map(all_kept),
            dropped: row.dropped,
            systems: systems(row.systems),
            cpu_level: row.cpu_level.and_then(|level| keyword(CpuLevel::WORDS, &level)),
            code_names: all_kept(row.code_names),
        }
    }
}

/// The variables of a connection, for as long as the program runs.
fn connection(variables: BTreeMap<String, ConnectionPart>) -> &'static [(&'static str, ConnectionPart)] {
    let variables = variables.into_iter().map(|(name, part)| (kept(name), part));
    Box::leak(variables.collect::<Box<[_]>>())
}

/// The platforms of variants, for as long as the program runs.
fn systems(systems: BTreeMap<String, String>) -> &'static [(&'static str, System)] {
    let known = |(end, system): (String, String)| Some((kept(end), keyword(System::WORDS, &system)?));
    Box::leak(systems.into_iter().filter_map(known).collect::<Box<[_]>>())
}

fn keyword<T: Copy>(words: &[(&str, T)], written: &str) -> Option<T> {
    words.iter().find(|(word, _)| *word == written).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::form::{AclPattern, AclWord, Capability, EnvironmentName, Form, PostgresExtension};

    const FILE: &str = data::file!("images");

    #[test]
    fn rows_are_found_by_their_images() {
        data::tests::assert_rows_match(FILE, rows());
    }

    #[test]
    fn rows_are_sorted_and_each_image_has_one_row() {
        let rows: Vec<Columns> = data::read(data::json!("images"));
        assert!(rows.is_sorted_by_key(|row| row.images[0].clone()));
        let mut seen = HashSet::new();
        for path in rows.iter().flat_map(|row| &row.images) {
            let is_step = |step: &str| {
                let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
                !step.is_empty() && step.bytes().all(is_part)
            };
            assert!(path.contains('/') && path.split('/').all(is_step), "{path}");
            assert!(seen.insert(path), "{path}");
        }
        // A mirror's path ends with the image's path.
        for path in &seen {
            assert!(!seen.iter().any(|other| other.ends_with(&format!("/{path}"))), "{path}");
        }
    }

    #[test]
    fn the_facts_of_a_row_are_consistent() {
        for row in data::read::<Vec<Columns>>(data::json!("images")) {
            let image = &row.images[0];
            assert!(row.kind.is_none() || row.sqlite.is_none(), "{image}");
            assert!(row.moved_by.is_empty() || row.sqlite.is_some(), "{image}");
            let is_more = row.data.is_some() || row.starts_as.is_some() || row.host_memory.is_some();
            assert!(row.name.is_some() || !is_more, "{image}");
            let needs_data = row.kind.is_some() || row.sqlite.is_some() || !row.data_from.is_empty();
            assert!(!needs_data || row.data.as_ref().is_some_and(|data| data.starts_with('/')), "{image}");
            assert!(row.sqlite.iter().flatten().all(|file| !file.starts_with('/')), "{image}");
            let variables = row.first_password.iter().flat_map(|first| first.variables).copied();
            for variable in row.moved_by.iter().map(String::as_str).chain(variables) {
                assert!(EnvironmentName::parse(variable).is_some(), "{image}: {variable}");
            }
            assert!(row.first_password.is_none_or(|first| !first.variables.is_empty()), "{image}");
            assert!(row.caches.iter().all(|cache| cache.starts_with('/')), "{image}");
            for extension in &row.postgres_extensions {
                assert!(PostgresExtension::parse(extension).is_some(), "{image}: {extension}");
            }
            assert!(row.valkey_keys.iter().all(|pattern| AclPattern::parse(pattern).is_some()), "{image}");
            assert!(row.valkey_allow.iter().all(|word| AclWord::parse(word).is_some()), "{image}");
            for system in row.systems.values() {
                assert!(keyword(System::WORDS, system).is_some(), "{image}: {system}");
            }
            let level = row.cpu_level.as_deref();
            assert!(
                level.is_none_or(|level| keyword(CpuLevel::WORDS, level).is_some()),
                "{image}: {level:?}"
            );
            for capability in row.capabilities.iter().flatten() {
                assert!(Capability::parse(capability).is_some(), "{image}: {capability}");
            }
        }
    }
}
