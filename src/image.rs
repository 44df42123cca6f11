//! Facts about images: from their names, from `data/images.yaml`, and from `data/image-publishers.yaml` for all images of a
//! publisher.

mod entry;
mod moving_tag;

use serde::Deserialize;

use crate::data::{self, Row, text, texts};
use crate::form::Image;
use crate::setting::{CpuLevel, System};
pub(crate) use entry::ConnectionPart;
use entry::Entry;
pub(crate) use moving_tag::Follows;

impl Image {
    /// The known facts about the image.
    pub(crate) fn known(&self) -> Option<&'static Known> {
        let entry = self.entry()?;
        if self.is_rootless() { &entry.rootless } else { &entry.known }.as_ref()
    }

    /// The row of the image in the table.
    fn entry(&self) -> Option<&'static Entry> {
        // Tries the path without the registry, and without the folders of a mirror.
        let paths = self.repository.match_indices('/').map(|(at, _)| &self.repository[at + 1..]);
        paths.filter_map(entry::entry).next()
    }

    /// The variables from which the image takes its user, if there are any.
    pub(crate) fn user_variables(&self) -> Option<&'static UserVariables> {
        let row =
            publishers().iter().find(|row| row.names().any(|path| self.repository.starts_with(path)))?;
        (!self.is_rootless()).then(|| row.get())
    }

    /// Reports whether the image is `path` of any registry: `library/redis` matches `docker.io/library/redis` and mirrors.
    pub(crate) fn is(&self, path: &str) -> bool {
        self.repository.strip_suffix(path).is_some_and(|registry| registry.ends_with('/'))
    }

    /// The major version at the start of the tag: 16 for `16-vectorchord0.4.3` and `v16.1`. A version of Postgres in the
    /// tag takes precedence: 16 for `pg16-v0.3` and TimescaleDB's `2.17.2-pg16`.
    pub(crate) fn major(&self) -> Option<u32> {
        let tag = self.tag.as_deref()?;
        let postgres = tag.split('-').find_map(|part| part.strip_prefix("pg")?.parse().ok());
        if postgres.is_some() {
            return postgres;
        }
        let version = tag.strip_prefix('v').unwrap_or(tag);
        let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
        version[..digits].parse().ok()
    }

    /// The variable for the value, if `name` is the variable for a file with the value and the image refuses to start with
    /// both.
    pub(crate) fn excluded_by<'a>(&self, name: &'a str) -> Option<&'a str> {
        let variables = self.entry()?.value_or_file.as_ref()?;
        let direct = name.strip_suffix(&variables.ending).filter(|direct| !direct.is_empty())?;
        variables.prefixes.iter().any(|prefix| direct.starts_with(prefix)).then_some(direct)
    }

    /// The password that the image needs for its first start, if it needs one.
    pub(crate) fn first_password(&self) -> Option<&'static FirstPassword> {
        self.entry()?.first_password.as_ref()
    }

    /// The variables with which the image connects to a Postgres server, if they are known.
    pub(crate) fn postgres_variables(&self) -> Option<&'static [(&'static str, ConnectionPart)]> {
        self.entry()?.postgres_variables
    }

    /// The variables with which the image connects to a Valkey or Redis server, if they are known.
    pub(crate) fn valkey_variables(&self) -> Option<&'static [(&'static str, ConnectionPart)]> {
        self.entry()?.valkey_variables
    }

    /// The extensions of its database that only a superuser may create.
    pub(crate) fn postgres_extensions(&self) -> &'static [&'static str] {
        self.entry().map(|entry| entry.postgres_extensions).unwrap_or_default()
    }

    /// The patterns of the keys that the image's program uses in Valkey.
    pub(crate) fn valkey_keys(&self) -> &'static [&'static str] {
        self.entry().map(|entry| entry.valkey_keys).unwrap_or_default()
    }

    /// The categories and commands of Valkey that the image's program runs.
    pub(crate) fn valkey_allow(&self) -> &'static [&'static str] {
        self.entry().map(|entry| entry.valkey_allow).unwrap_or_default()
    }

    /// The program that dumps the image's database, if homegen has no backup for it.
    pub(crate) fn dump_program(&self) -> Option<&'static str> {
        self.entry()?.dump_program
    }

    /// The folders in which the image keeps only what it can create again.
    pub(crate) fn caches(&self) -> &'static [&'static str] {
        self.entry().map(|entry| entry.caches).unwrap_or_default()
    }

    /// The capabilities that the image needs. Its start was tested without the other default capabilities of Podman.
    pub(crate) fn capabilities(&self) -> Option<&'static [&'static str]> {
        self.entry()?.capabilities
    }

    /// The only platform that the image is built for, by its name or by the table. `None` for any other image.
    pub(crate) fn system(&self) -> Option<System> {
        let tag = self.tag.as_deref().unwrap_or_default();
        let namespace = self.repository.strip_prefix("docker.io/").and_then(|path| path.split_once('/'));
        let named = namespace.and_then(|(namespace, _)| system_of(namespace));
        let tagged = || tag.split('-').find_map(system_of);
        let known =
            || self.entry()?.systems.iter().find(|(end, _)| tag.ends_with(end)).map(|(_, system)| *system);
        named.or_else(tagged).or_else(known)
    }

    /// The lowest level of x86-64 on which the image's program runs.
    pub(crate) fn cpu_level(&self) -> Option<CpuLevel> {
        self.entry()?.cpu_level
    }

    /// An image that this version of the image no longer supports.
    pub(crate) fn dropped(&self) -> Option<&'static Dropped> {
        let dropped = self.entry()?.dropped.as_ref()?;
        let is_since = match self.major() {
            Some(major) => major >= dropped.since,
            None => self.tag.as_ref().is_none_or(|tag| dropped.tags.contains(tag)),
        };
        is_since.then_some(dropped)
    }

    /// Reports whether a word of the tag is the code name of a release. It is a version only for a distribution's own
    /// image.
    pub(crate) fn is_code_name(&self, word: &str) -> bool {
        self.entry().is_some_and(|entry| entry.code_names.contains(&word))
    }

    /// The numeric user of the first process, if it is known and not root.
    pub(crate) fn starts_as(&self) -> Option<u32> {
        self.known()?.starts_as
    }

    /// Reports whether the tag is a rootless variant, which has its data in another folder.
    fn is_rootless(&self) -> bool {
        self.tag.as_deref().is_some_and(|tag| tag.contains("rootless"))
    }

    /// The numeric user of the program, if it is known.
    pub(crate) fn user(&self) -> Option<u32> {
        let known = self.known()?;
        let alpine = self.tag.as_deref().is_some_and(|t| t.contains("alpine"));
        // The Alpine variant of Postgres uses Alpine's user ID (docker-library/postgres, Dockerfile-alpine).
        if alpine && known.kind == Kind::Postgres { Some(70) } else { known.user }
    }
}

fn publishers() -> &'static [Row<UserVariables>] {
    data::rows!(UserVariables, "image-publishers")
}

/// The variables from which the images of one publisher take their user. Their start script runs as root, prepares
/// folders, and then changes to that user.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserVariables {
    /// The registry and path of the images, up to the name.
    #[cfg_attr(not(test), expect(dead_code, reason = "the row is found by them"))]
    #[serde(deserialize_with = "texts")]
    paths: &'static [&'static str],
    /// The publisher.
    #[serde(deserialize_with = "text")]
    pub publisher: &'static str,
    /// The variable with the user's number.
    #[serde(deserialize_with = "text")]
    pub user: &'static str,
    /// The variable with the group's number.
    #[serde(deserialize_with = "text")]
    pub group: &'static str,
}

/// An image that another image no longer supports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dropped {
    /// The first major version of the other image without support.
    pub since: u32,
    /// The tags of the other image that are at least as new.
    tags: Vec<String>,
    /// The path of the image.
    pub image: String,
    /// The display name.
    pub name: String,
    /// The remedy. `MAJOR` stands for the major version of the image.
    pub instead: String,
}

/// The kind of a program, as rules distinguish it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Postgres, and images built on it.
    Postgres,
    /// A program that keeps its data in SQLite.
    Sqlite(Sqlite),
    /// MariaDB and MySQL.
    Mysql,
    /// Another database with files.
    Database,
    /// A database whose files may be copied while it runs: they are always consistent, or the data can be recreated.
    Store,
    /// A database with files that is often a cache.
    Cache,
    /// Anything else.
    Program,
}

/// The database files of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sqlite {
    /// The files, relative to the data folder, the most important first. `*` matches any name.
    pub files: &'static [&'static str],
    /// The environment variables that move the database to a server or another file.
    pub moved_by: &'static [&'static str],
}

impl Sqlite {
    /// Reports whether a variable, or its `_FILE` form, is in [`Sqlite::moved_by`].
    pub(crate) fn is_moved_by(self, variable: &str) -> bool {
        self.moved_by.contains(&variable)
            || variable.strip_suffix("_FILE").is_some_and(|v| self.moved_by.contains(&v))
    }
}

/// The known facts about an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// The display name.
    pub name: &'static str,
    /// The kind.
    pub kind: Kind,
    /// The data folder, for which the image declares a volume.
    pub data: Option<&'static str>,
    /// The environment variables and command options that set another data folder. A text after a slash is the subfolder
    /// that the program appends.
    pub data_from: &'static [&'static str],
    /// The data folder of an older version, which a newer version also reads.
    pub older_data: Option<&'static str>,
    /// The only major version that uses this data folder.
    pub major: Option<u32>,
    /// The numeric user of the program.
    pub user: Option<u32>,
    /// The numeric user at the end of the Dockerfile. Such an image cannot change the owner of its folders.
    pub starts_as: Option<u32>,
    /// The least memory in MiB for normal operation, and the condition or the source.
    pub memory: Option<(u64, &'static str)>,
    /// The host memory in MiB that the authors require.
    pub host_memory: Option<u64>,
}

impl Known {
    /// Reports whether the image is docker-library's Postgres, or built on it. Its folders changed with version 18.
    pub(crate) fn is_official_postgres(&self) -> bool {
        self.kind == Kind::Postgres && self.data == Some(POSTGRES_DATA)
    }

    /// Reports whether the image is a database server of docker-library, or built on one.
    pub(crate) fn is_official_server(&self) -> bool {
        self.is_official_postgres() || self.kind == Kind::Mysql && self.data == Some(MYSQL_DATA)
    }
}

/// The password without which a database refuses its first start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstPassword {
    /// The variables of which one is needed. The first holds the password. Variables with a value also have a `_FILE` form.
    #[serde(deserialize_with = "texts")]
    pub variables: &'static [&'static str],
    /// The programs with which the start script creates a database.
    #[serde(deserialize_with = "texts")]
    pub programs: &'static [&'static str],
}

/// The major version of docker-library's Postgres with the tag `latest` and other tags without a major version.
pub(crate) const NEWEST_POSTGRES: u32 = 18;

/// The data folder of docker-library's Postgres up to version 17, and of images built on it.
pub(crate) const POSTGRES_DATA: &str = "/var/lib/postgresql/data";

/// The data folder of docker-library's MariaDB and MySQL.
const MYSQL_DATA: &str = "/var/lib/mysql";

/// The platform that a word in an image's name stands for: a namespace of Docker's official images
/// (<https://github.com/docker-library/official-images#architectures-other-than-amd64>), or a part of a tag.
fn system_of(word: &str) -> Option<System> {
    match word {
        "amd64" | "x86_64" | "i386" => Some(System::X86_64),
        "aarch64" | "arm64" | "arm64v8" | "arm32v5" | "arm32v6" | "arm32v7" | "armhf" | "armv7" => {
            Some(System::Aarch64)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::publishers;
    use crate::form::{Form, Image, Variable};

    fn name(image: &str) -> Image {
        Image::parse(image).expect("an image")
    }

    #[test]
    fn versions_and_users_are_derived_from_image_names() {
        let postgres = name("ghcr.io/immich-app/postgres:16-vectorchord0.4.3");
        assert_eq!(
            (postgres.repository.as_str(), postgres.major()),
            ("ghcr.io/immich-app/postgres", Some(16))
        );
        assert_eq!(postgres.user(), Some(999));
        assert_eq!(name("docker.io/library/postgres:17-alpine").user(), Some(70));
        assert_eq!(name("docker.io/tensorchord/pgvecto-rs:pg14-v0.2.0").major(), Some(14));
        let timescale = name("docker.io/timescale/timescaledb:2.17.2-pg16");
        assert_eq!((timescale.major(), timescale.user()), (Some(16), Some(70)));
        assert_eq!(name("docker.io/pgvector/pgvector:0.8.0-pg17").major(), Some(17));
        assert_eq!(name("docker.io/gitea/gitea:1.24-rootless").starts_as(), Some(1000));
        assert_eq!(name("docker.io/gitea/gitea:1.24").starts_as(), None);
        assert_eq!(name("docker.io/my/library-redis:7").known().map(|k| k.name), None);
    }
    #[test]
    fn publishers_are_sorted_and_their_paths_have_registries() {
        crate::data::tests::assert_rows_match(crate::data::file!("image-publishers"), publishers());
        assert!(publishers().is_sorted_by_key(|row| row.get().publisher.to_lowercase()));
        for row in publishers().iter().map(|row| row.get()) {
            assert!([row.user, row.group].into_iter().all(|name| Variable::parse(name).is_some()));
            assert!(
                row.paths.iter().all(|path| path.split('/').next().is_some_and(|host| host.contains('.')))
            );
        }
    }
}
