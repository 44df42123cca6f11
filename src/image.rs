//! What an image's name says, and what is known of the images that home servers run.

mod sqlite;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::form::Image;
pub use sqlite::Sqlite;

impl Image {
    /// What is known of it.
    pub fn known(&self) -> Option<&'static Known> {
        static BY_PATH: LazyLock<HashMap<&str, &Known>> =
            LazyLock::new(|| by_path(KNOWN.iter().chain(sqlite::KNOWN)));
        static ROOTLESS: LazyLock<HashMap<&str, &Known>> = LazyLock::new(|| by_path(sqlite::ROOTLESS.iter()));
        let rows = if self.is_rootless() { &ROOTLESS } else { &BY_PATH };
        // The path without the registry, and without the mirror's own folders before it.
        let paths = self.repository.match_indices('/').map(|(at, _)| &self.repository[at + 1..]);
        paths.filter_map(|path| rows.get(path)).next().copied()
    }

    /// The variables that it takes its user from, where it has some.
    pub fn user_variables(&self) -> Option<&'static UserVariables> {
        let row = USER_VARIABLES
            .iter()
            .find(|row| row.paths.iter().any(|path| self.repository.starts_with(path)))?;
        (!self.is_rootless()).then_some(row)
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

    /// The name of a variable for the value itself, where `name` is that for a file with the value and the image does not
    /// start with both.
    pub fn excluded_by<'a>(&self, name: &'a str) -> Option<&'a str> {
        let row = EXCLUSIVE.iter().find(|row| row.repositories.iter().any(|path| self.is(path)))?;
        let direct = name.strip_suffix(row.ending).filter(|direct| !direct.is_empty())?;
        row.prefixes.iter().any(|prefix| direct.starts_with(prefix)).then_some(direct)
    }

    /// What it needs for its first start, where that is a password.
    pub fn first_password(&self) -> Option<&'static FirstPassword> {
        FIRST_PASSWORDS.iter().find(|row| row.repositories.iter().any(|path| self.is(path)))
    }

    /// The program that dumps its database, where homegen does not.
    pub fn dump_program(&self) -> Option<&'static str> {
        DUMP_PROGRAMS.iter().find(|(path, _)| self.is(path)).map(|(_, program)| *program)
    }

    /// The user by number that its first process runs as, where that is known and not root.
    pub fn starts_as(&self) -> Option<u32> {
        self.known()?.starts_as
    }

    /// Whether it is a variant without root, which has its data in another folder.
    fn is_rootless(&self) -> bool {
        self.tag.as_deref().is_some_and(|tag| tag.contains("rootless"))
    }

    /// The user by number that the program in it runs as, where that is known.
    pub fn user(&self) -> Option<u32> {
        let known = self.known()?;
        let alpine = self.tag.as_deref().is_some_and(|t| t.contains("alpine"));
        // The Alpine variant of Postgres has a user of Alpine's (docker-library/postgres, Dockerfile-alpine).
        if alpine && known.kind == Kind::Postgres { Some(70) } else { known.user }
    }
}

fn by_path(rows: impl Iterator<Item = &'static Known>) -> HashMap<&'static str, &'static Known> {
    rows.flat_map(|known| known.repositories.iter().map(move |path| (*path, known))).collect()
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
/// github.com/jlesage/docker-baseimage (Environment Variables), README.md of plexinc/pms-docker, docker/root/usr/bin/entrypoint
/// of go-gitea/gitea, docker/rootfs/usr/bin/common.sh of NginxProxyManager/nginx-proxy-manager.
const USER_VARIABLES: &[UserVariables] = &[
    UserVariables {
        paths: &[
            "lscr.io/linuxserver/",
            "ghcr.io/linuxserver/",
            "docker.io/linuxserver/",
            "docker.io/lscr/",
            "quay.io/linuxserver.io/",
        ],
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
    UserVariables {
        paths: &["docker.io/plexinc/pms-docker"],
        publisher: "Plex",
        user: "PLEX_UID",
        group: "PLEX_GID",
    },
    UserVariables {
        paths: &["docker.io/gitea/gitea", "codeberg.org/forgejo/forgejo"],
        publisher: "Gitea and Forgejo",
        user: "USER_UID",
        group: "USER_GID",
    },
    UserVariables {
        paths: &["docker.io/jc21/nginx-proxy-manager"],
        publisher: "Nginx Proxy Manager",
        user: "PUID",
        group: "PGID",
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
    /// A database whose files may be copied while it runs: they are whole at any moment, or its data can be made again.
    Store,
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
    /// What names another folder for the data: an environment variable, or an option of its command. Behind a slash is
    /// what the program adds to the folder.
    pub data_from: &'static [&'static str],
    /// Where an older version keeps its data, and a new one finds it.
    pub older_data: Option<&'static str>,
    /// The major that has its data there, where other ones do not.
    pub major: Option<u32>,
    /// The user by number that it runs as.
    pub user: Option<u32>,
    /// The user by number that its Dockerfile ends with. Such an image cannot give its folders to its user by itself.
    pub starts_as: Option<u32>,
    /// The memory in MiB below which it does not work well, and when or who says so.
    pub memory: Option<(u64, &'static str)>,
    /// The memory in MiB that its authors want the host to have.
    pub host_memory: Option<u64>,
}

impl Known {
    /// The same row, for an image whose Dockerfile ends with this user.
    const fn starts_as(self, user: u32) -> Known {
        Known { starts_as: Some(user), ..self }
    }

    /// Whether the image is docker-library's Postgres, or built on it: its folders changed with 18.
    pub fn is_official_postgres(&self) -> bool {
        self.kind == Kind::Postgres && self.data == Some(POSTGRES_DATA)
    }
}

/// The programs that dump a database, by the image that has both (their pages at Docker Hub).
const DUMP_PROGRAMS: &[(&str, &str)] = &[
    ("library/mariadb", "mariadb-dump"),
    ("linuxserver/mariadb", "mariadb-dump"),
    ("bitnami/mariadb", "mariadb-dump"),
    ("bitnamilegacy/mariadb", "mariadb-dump"),
    ("library/influxdb", "influx backup"),
    ("library/mysql", "mysqldump"),
    ("library/mongo", "mongodump"),
];

/// Images whose start script or program takes a variable directly or out of a file, and does not start with both.
#[derive(Debug)]
struct Exclusive {
    /// The images, by their paths in registries.
    repositories: &'static [&'static str],
    /// What the names of these variables begin with.
    prefixes: &'static [&'static str],
    /// What the name of the variable with the file has behind it.
    ending: &'static str,
}

/// The images with the start script of docker-library's Postgres.
const POSTGRES: &[&str] = &[
    "library/postgres",
    "immich-app/postgres",
    "pgvector/pgvector",
    "postgis/postgis",
    "tensorchord/pgvecto-rs",
    "tensorchord/vchord-postgres",
    "timescale/timescaledb",
];

/// `file_env` in docker-entrypoint.sh of docker-library/postgres, docker-library/mysql, MariaDB/mariadb-docker and
/// docker-library/mongo; packaging/docker/run.sh of grafana/grafana; get_env_str_value in src/util.rs of Vaultwarden.
const EXCLUSIVE: &[Exclusive] = &[
    Exclusive {
        repositories: POSTGRES,
        prefixes: &["POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "POSTGRES_INITDB_ARGS"],
        ending: "_FILE",
    },
    Exclusive {
        repositories: &["library/mariadb", "library/mysql"],
        prefixes: &["MARIADB_", "MYSQL_"],
        ending: "_FILE",
    },
    Exclusive { repositories: &["library/mongo"], prefixes: &["MONGO_INITDB_ROOT_"], ending: "_FILE" },
    Exclusive {
        repositories: &["grafana/grafana", "grafana/grafana-oss"],
        prefixes: &["GF_"],
        ending: "__FILE",
    },
    Exclusive {
        repositories: &["vaultwarden/server", "dani-garcia/vaultwarden"],
        prefixes: &[""],
        ending: "_FILE",
    },
];

/// Databases that do not start for the first time without a password.
#[derive(Debug)]
pub struct FirstPassword {
    /// The images, by their paths in registries.
    repositories: &'static [&'static str],
    /// The variables of which one is needed: the first one has the password. Those that hold a value also have a name with
    /// `_FILE` behind it.
    pub variables: &'static [&'static str],
    /// The programs of the command with which the start script makes a database.
    pub programs: &'static [&'static str],
}

/// `docker_verify_minimum_env` in docker-entrypoint.sh of docker-library/postgres, docker-library/mysql and
/// MariaDB/mariadb-docker.
const FIRST_PASSWORDS: &[FirstPassword] = &[
    FirstPassword {
        repositories: POSTGRES,
        variables: &["POSTGRES_PASSWORD", "POSTGRES_HOST_AUTH_METHOD"],
        programs: &["postgres"],
    },
    FirstPassword {
        repositories: &["library/mariadb"],
        variables: &[
            "MARIADB_ROOT_PASSWORD",
            "MARIADB_ROOT_PASSWORD_HASH",
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
            "MARIADB_RANDOM_ROOT_PASSWORD",
            "MYSQL_ROOT_PASSWORD",
            "MYSQL_ALLOW_EMPTY_PASSWORD",
            "MYSQL_RANDOM_ROOT_PASSWORD",
        ],
        programs: &["mariadbd", "mysqld"],
    },
    FirstPassword {
        repositories: &["library/mysql"],
        variables: &["MYSQL_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD"],
        programs: &["mysqld"],
    },
];

/// A program of which nothing is known: what the rows below leave out.
const PROGRAM: Known = Known {
    repositories: &[],
    name: "",
    kind: Kind::Program,
    data: None,
    data_from: &[],
    older_data: None,
    major: None,
    user: None,
    starts_as: None,
    memory: None,
    host_memory: None,
};

/// The major of docker-library's Postgres behind `latest` and other tags without a major.
pub const NEWEST_POSTGRES: u32 = 18;

/// Where docker-library's Postgres, and what is built on it, keeps its data until 17.
pub const POSTGRES_DATA: &str = "/var/lib/postgresql/data";

const fn program(name: &'static str, repositories: &'static [&'static str]) -> Known {
    Known { name, repositories, ..PROGRAM }
}

const fn postgres(name: &'static str, repositories: &'static [&'static str], user: u32) -> Known {
    let data = Some(POSTGRES_DATA);
    Known {
        name,
        repositories,
        kind: Kind::Postgres,
        data,
        data_from: &["PGDATA"],
        user: Some(user),
        ..PROGRAM
    }
}

const fn server(
    name: &'static str,
    repositories: &'static [&'static str],
    kind: Kind,
    data: &'static str,
    data_from: &'static [&'static str],
    user: Option<u32>,
) -> Known {
    Known { name, repositories, kind, data: Some(data), data_from, user, ..PROGRAM }
}

use Kind::{Cache, Database, Store};

/// The images. Users and folders are those of their Dockerfiles, what Immich needs is out of
/// <https://docs.immich.app/install/requirements>.
const KNOWN: &[Known] = &[
    Known {
        memory: Some((2048, "by Immich's requirements")),
        ..postgres("Immich's Postgres", &["immich-app/postgres"], 999)
    },
    postgres(
        "Postgres",
        &[
            "library/postgres",
            "postgis/postgis",
            "pgvector/pgvector",
            "tensorchord/pgvecto-rs",
            "tensorchord/vchord-postgres",
        ],
        999,
    ),
    // It is built on the Alpine variant of Postgres (timescale/timescaledb-docker, Dockerfile).
    postgres("TimescaleDB", &["timescale/timescaledb"], 70),
    Known {
        data: Some("/bitnami/postgresql"),
        data_from: &["POSTGRESQL_DATA_DIR", "PGDATA"],
        ..postgres("Bitnami's Postgres", &["bitnami/postgresql", "bitnamilegacy/postgresql"], 1001)
            .starts_as(1001)
    },
    server(
        "MariaDB or MySQL",
        &["library/mariadb", "library/mysql"],
        Database,
        "/var/lib/mysql",
        &["--datadir"],
        Some(999),
    ),
    server("MariaDB", &["linuxserver/mariadb"], Database, "/config", &[], None),
    server(
        "Bitnami's MariaDB",
        &["bitnami/mariadb", "bitnamilegacy/mariadb"],
        Database,
        "/bitnami/mariadb",
        &[],
        Some(1001),
    )
    .starts_as(1001),
    // The majors 1 and 3 have their data in other folders (influxdata/influxdata-docker).
    Known {
        major: Some(2),
        ..server(
            "InfluxDB",
            &["library/influxdb"],
            Database,
            "/var/lib/influxdb2",
            &["INFLUXD_ENGINE_PATH", "--engine-path"],
            Some(1000),
        )
    },
    server("MongoDB", &["library/mongo"], Database, "/data/db", &["--dbpath"], Some(999)),
    server(
        "ClickHouse",
        &["clickhouse/clickhouse-server", "library/clickhouse"],
        Database,
        "/var/lib/clickhouse",
        &[],
        Some(101),
    ),
    server(
        "Elasticsearch",
        &[
            "library/elasticsearch",
            "elasticsearch/elasticsearch",
            "elastic/elasticsearch",
            "bbilly1/tubearchivist-es",
        ],
        Database,
        "/usr/share/elasticsearch/data",
        &["path.data"],
        Some(1000),
    )
    .starts_as(1000),
    server(
        "OpenSearch",
        &["opensearchproject/opensearch"],
        Database,
        "/usr/share/opensearch/data",
        &["path.data"],
        Some(1000),
    )
    .starts_as(1000),
    server("Neo4j", &["library/neo4j"], Database, "/data", &[], Some(7474)),
    server("CouchDB", &["library/couchdb", "apache/couchdb"], Store, "/opt/couchdb/data", &[], Some(5984)),
    server(
        "Meilisearch",
        &["getmeili/meilisearch"],
        Store,
        "/meili_data",
        &["MEILI_DB_PATH", "--db-path"],
        None,
    ),
    server(
        "Prometheus",
        &["prom/prometheus", "prometheus/prometheus"],
        Store,
        "/prometheus",
        &["--storage.tsdb.path"],
        Some(65534),
    )
    .starts_as(65534),
    server("Redis or Valkey", &["library/redis", "valkey/valkey"], Cache, "/data", &[], Some(999)),
    Known {
        repositories: &["immich-app/immich-machine-learning"],
        name: "Immich's machine learning",
        memory: Some((4096, "with search, faces and text recognition on")),
        host_memory: Some(6144),
        ..PROGRAM
    },
    program("Alertmanager", &["prom/alertmanager", "prometheus/alertmanager"]).starts_as(65534),
    program("Jenkins", &["jenkins/jenkins"]).starts_as(1000),
    program("Loki", &["grafana/loki"]).starts_as(10001),
    program("Node-RED", &["nodered/node-red"]).starts_as(1000),
    program("pgAdmin", &["dpage/pgadmin4"]).starts_as(5050),
    program("Tempo", &["grafana/tempo"]).starts_as(10001),
    // It looks into both folders (detectMediaLocation in server/src/services/storage.service.ts of immich-app/immich).
    Known {
        repositories: &["immich-app/immich-server"],
        name: "Immich",
        data: Some("/data"),
        data_from: &["IMMICH_MEDIA_LOCATION"],
        older_data: Some("/usr/src/app/upload"),
        host_memory: Some(4096),
        ..PROGRAM
    },
];

#[cfg(test)]
mod tests {
    use crate::form::{Form, Image};

    fn name(image: &str) -> Image {
        Image::parse(image).expect("an image")
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
        assert_eq!(name("docker.io/gitea/gitea:1.24-rootless").starts_as(), Some(1000));
        assert_eq!(name("docker.io/gitea/gitea:1.24").starts_as(), None);
        assert_eq!(name("docker.io/my/library-redis:7").known().map(|k| k.name), None);
    }
}
