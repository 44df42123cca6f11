//! What an image's name says, and what is known of the images that home servers run.

mod sqlite;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::ast::scalar::Image;
pub use sqlite::Sqlite;

/// An image's name in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    /// Registry and path, such as `docker.io/library/redis`.
    pub repository: String,
    /// What stands after the colon.
    pub tag: Option<String>,
    /// Whether a digest says which image it is, whatever the tag says.
    pub pinned: bool,
}

impl ImageName {
    /// The name that a container's image is.
    pub fn of(image: &Image) -> ImageName {
        ImageName::parse(&image.value())
    }

    /// Takes a name apart.
    pub fn parse(whole: &str) -> ImageName {
        let (name, pinned) = match whole.split_once('@') {
            Some((name, _)) => (name, true),
            None => (whole, false),
        };
        // A colon before the last slash is that of the registry's port.
        let path = name.rfind('/').map_or(0, |at| at + 1);
        let (repository, tag) = match name[path..].find(':') {
            Some(at) => (&name[..path + at], Some(name[path + at + 1..].to_owned())),
            None => (name, None),
        };
        ImageName { repository: repository.to_owned(), tag, pinned }
    }

    /// What is known of it.
    pub fn known(&self) -> Option<&'static Known> {
        static BY_PATH: LazyLock<HashMap<&str, &Known>> = LazyLock::new(|| {
            let rows = KNOWN.iter().chain(sqlite::KNOWN);
            rows.flat_map(|known| known.repositories.iter().map(move |path| (*path, known))).collect()
        });
        // The path without the registry, and without the mirror's own folders before it.
        let paths = self.repository.match_indices('/').map(|(at, _)| &self.repository[at + 1..]);
        paths.filter_map(|path| BY_PATH.get(path)).next().copied()
    }

    /// The variables that it takes its user from, where it has some.
    pub fn user_variables(&self) -> Option<&'static UserVariables> {
        USER_VARIABLES.iter().find(|row| row.paths.iter().any(|path| self.repository.starts_with(path)))
    }

    /// Whether it is `path` of any registry: `library/redis` is `docker.io/library/redis` as well as a
    /// mirror's.
    pub fn is(&self, path: &str) -> bool {
        self.repository.strip_suffix(path).is_some_and(|registry| registry.ends_with('/'))
    }

    /// The major version that the tag begins with: 16 of `16-vectorchord0.4.3` and `v16.1`; or that of the
    /// Postgres in it: 16 of `pg16-v0.3` and of TimescaleDB's `2.17.2-pg16`.
    pub fn major(&self) -> Option<u32> {
        let tag = self.tag.as_deref()?;
        let postgres = tag.split('-').find_map(|part| part.strip_prefix("pg")?.parse().ok());
        if postgres.is_some() {
            return postgres;
        }
        let version = tag.strip_prefix('v').unwrap_or(tag);
        let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
        version[..digits].parse().ok()
    }

    /// The program that dumps its database, where homegen does not.
    pub fn dump_program(&self) -> Option<&'static str> {
        DUMP_PROGRAMS.iter().find(|(path, _)| self.is(path)).map(|(_, program)| *program)
    }

    /// The user by number that the program in it runs as, where that is known.
    pub fn user(&self) -> Option<u32> {
        let known = self.known()?;
        let alpine = self.tag.as_deref().is_some_and(|t| t.contains("alpine"));
        // The Alpine variant of Postgres has a user of Alpine's (docker-library/postgres, Dockerfile-alpine).
        if alpine && known.kind == Kind::Postgres { Some(70) } else { known.user }
    }
}

/// The variables from which the images of one publisher take their user. Their start script runs as root, prepares
/// folders, and then changes to that user.
#[derive(Debug)]
pub struct UserVariables {
    /// Where their images are, up to the name.
    paths: &'static [&'static str],
    /// The publisher.
    pub publisher: &'static str,
    /// The variable with the user's number.
    pub user: &'static str,
    /// The variable with the group's.
    pub group: &'static str,
}

/// docs.linuxserver.io (Understanding PUID and PGID), hotio.dev (FAQ), github.com/binhex/documentation (docker faq),
/// github.com/jlesage/docker-baseimage (Environment Variables).
const USER_VARIABLES: &[UserVariables] = &[
    UserVariables {
        paths: &["lscr.io/linuxserver/", "ghcr.io/linuxserver/", "docker.io/linuxserver/", "docker.io/lscr/"],
        publisher: "linuxserver.io",
        user: "PUID",
        group: "PGID",
    },
    UserVariables {
        paths: &["ghcr.io/hotio/", "docker.io/hotio/", "cr.hotio.dev/hotio/"],
        publisher: "hotio",
        user: "PUID",
        group: "PGID",
    },
    UserVariables {
        paths: &["docker.io/binhex/", "ghcr.io/binhex/"],
        publisher: "binhex",
        user: "PUID",
        group: "PGID",
    },
    UserVariables {
        paths: &["docker.io/jlesage/", "ghcr.io/jlesage/"],
        publisher: "jlesage",
        user: "USER_ID",
        group: "GROUP_ID",
    },
];

/// What a program is, as far as rules care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Postgres, and what is built on its image.
    Postgres,
    /// A program that keeps its data in SQLite.
    Sqlite(Sqlite),
    /// Another database that keeps files.
    Database,
    /// A database that keeps files, and is often one of what can be had again.
    Cache,
    /// Anything else.
    Program,
}

/// What is known of an image.
#[derive(Debug)]
pub struct Known {
    /// Its paths in registries.
    pub repositories: &'static [&'static str],
    /// Its name for a person.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Where it keeps its data, and declares a volume for it.
    pub data: Option<&'static str>,
    /// The user by number that it runs as.
    pub user: Option<u32>,
    /// The memory in MiB below which it does not work well, and when or who says so.
    pub memory: Option<(u64, &'static str)>,
    /// The memory in MiB that its authors want the host to have.
    pub host_memory: Option<u64>,
}

/// The programs that dump a database, by the image that has both (their pages at Docker Hub).
const DUMP_PROGRAMS: &[(&str, &str)] =
    &[("library/mariadb", "mariadb-dump"), ("library/mysql", "mysqldump"), ("library/mongo", "mongodump")];

/// The images. Users and folders are those of their Dockerfiles, what Immich needs is out of
/// <https://docs.immich.app/install/requirements>.
const KNOWN: &[Known] = &[
    Known {
        repositories: &["immich-app/postgres"],
        name: "Immich's Postgres",
        kind: Kind::Postgres,
        data: Some("/var/lib/postgresql/data"),
        user: Some(999),
        memory: Some((2048, "by Immich's requirements")),
        host_memory: None,
    },
    Known {
        repositories: &[
            "library/postgres",
            "postgis/postgis",
            "pgvector/pgvector",
            "tensorchord/pgvecto-rs",
            "tensorchord/vchord-postgres",
        ],
        name: "Postgres",
        kind: Kind::Postgres,
        data: Some("/var/lib/postgresql/data"),
        user: Some(999),
        memory: None,
        host_memory: None,
    },
    Known {
        repositories: &["timescale/timescaledb"],
        name: "TimescaleDB",
        kind: Kind::Postgres,
        data: Some("/var/lib/postgresql/data"),
        // It is built on the Alpine variant of Postgres (timescale/timescaledb-docker, Dockerfile).
        user: Some(70),
        memory: None,
        host_memory: None,
    },
    Known {
        repositories: &["library/mariadb", "library/mysql"],
        name: "MariaDB or MySQL",
        kind: Kind::Database,
        data: Some("/var/lib/mysql"),
        user: Some(999),
        memory: None,
        host_memory: None,
    },
    Known {
        repositories: &["library/mongo"],
        name: "MongoDB",
        kind: Kind::Database,
        data: Some("/data/db"),
        user: Some(999),
        memory: None,
        host_memory: None,
    },
    Known {
        repositories: &["library/redis", "valkey/valkey"],
        name: "Redis or Valkey",
        kind: Kind::Cache,
        data: Some("/data"),
        user: Some(999),
        memory: None,
        host_memory: None,
    },
    Known {
        repositories: &["immich-app/immich-machine-learning"],
        name: "Immich's machine learning",
        kind: Kind::Program,
        data: None,
        user: None,
        memory: Some((4096, "with search, faces and text recognition on")),
        host_memory: Some(6144),
    },
    Known {
        repositories: &["immich-app/immich-server"],
        name: "Immich",
        kind: Kind::Program,
        data: None,
        user: None,
        memory: None,
        host_memory: Some(4096),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn name(image: &str) -> ImageName {
        ImageName::parse(image)
    }

    #[test]
    fn a_name_in_its_parts() {
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
        let local = name("registry:5000/redis");
        assert_eq!((local.repository.as_str(), local.tag), ("registry:5000/redis", None));
        assert!(name("docker.io/a/b:1@sha256:00").pinned);
        assert_eq!(name("docker.io/my/library-redis:7").known().map(|k| k.name), None);
    }
}
