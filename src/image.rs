//! What an image's name says, and what is known of the images that home servers run: `data/images.yaml`, and
//! `data/image-publishers.yaml` for all images of a publisher.

mod entry;

use serde::Deserialize;

use crate::data::{self, Row, text, texts};
use crate::form::Image;
use entry::Entry;

impl Image {
    /// What is known of it.
    pub(crate) fn known(&self) -> Option<&'static Known> {
        let entry = self.entry()?;
        if self.is_rootless() { &entry.rootless } else { &entry.known }.as_ref()
    }

    /// The row of the images that it is one of.
    fn entry(&self) -> Option<&'static Entry> {
        // The path without the registry, and without the mirror's own folders before it.
        let paths = self.repository.match_indices('/').map(|(at, _)| &self.repository[at + 1..]);
        paths.filter_map(entry::entry).next()
    }

    /// The variables that it takes its user from, where it has some.
    pub(crate) fn user_variables(&self) -> Option<&'static UserVariables> {
        let row =
            publishers().iter().find(|row| row.names().any(|path| self.repository.starts_with(path)))?;
        (!self.is_rootless()).then(|| row.get())
    }

    /// Whether it is `path` of any registry: `library/redis` is `docker.io/library/redis` as well as a
    /// mirror's.
    pub(crate) fn is(&self, path: &str) -> bool {
        self.repository.strip_suffix(path).is_some_and(|registry| registry.ends_with('/'))
    }

    /// The major version that the tag begins with: 16 of `16-vectorchord0.4.3` and `v16.1`; or that of the
    /// Postgres in it: 16 of `pg16-v0.3` and of TimescaleDB's `2.17.2-pg16`.
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

    /// The name of a variable for the value itself, where `name` is that for a file with the value and the image does not
    /// start with both.
    pub(crate) fn excluded_by<'a>(&self, name: &'a str) -> Option<&'a str> {
        let variables = self.entry()?.value_or_file.as_ref()?;
        let direct = name.strip_suffix(&variables.ending).filter(|direct| !direct.is_empty())?;
        variables.prefixes.iter().any(|prefix| direct.starts_with(prefix)).then_some(direct)
    }

    /// What it needs for its first start, where that is a password.
    pub(crate) fn first_password(&self) -> Option<&'static FirstPassword> {
        self.entry()?.first_password.as_ref()
    }

    /// The program that dumps its database, where homegen does not.
    pub(crate) fn dump_program(&self) -> Option<&'static str> {
        self.entry()?.dump_program
    }

    /// The capabilities that its program needs, where its start was tried without the rest of Podman's default ones.
    pub(crate) fn capabilities(&self) -> Option<&'static [&'static str]> {
        self.entry()?.capabilities
    }

    /// An image that it does not run with any more.
    pub(crate) fn dropped(&self) -> Option<&'static Dropped> {
        let dropped = self.entry()?.dropped.as_ref()?;
        let is_since = match self.major() {
            Some(major) => major >= dropped.since,
            None => self.tag.as_ref().is_none_or(|tag| dropped.tags.contains(tag)),
        };
        is_since.then_some(dropped)
    }

    /// Whether a word of a tag is the code name of a release: it is a version of a distribution's own image, and of no
    /// other one.
    pub(crate) fn is_code_name(&self, word: &str) -> bool {
        self.entry().is_some_and(|entry| entry.code_names.contains(&word))
    }

    /// The user by number that its first process runs as, where that is known and not root.
    pub(crate) fn starts_as(&self) -> Option<u32> {
        self.known()?.starts_as
    }

    /// Whether it is a variant without root, which has its data in another folder.
    fn is_rootless(&self) -> bool {
        self.tag.as_deref().is_some_and(|tag| tag.contains("rootless"))
    }

    /// The user by number that the program in it runs as, where that is known.
    pub(crate) fn user(&self) -> Option<u32> {
        let known = self.known()?;
        let alpine = self.tag.as_deref().is_some_and(|t| t.contains("alpine"));
        // The Alpine variant of Postgres has a user of Alpine's (docker-library/postgres, Dockerfile-alpine).
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
    /// Where their images are, up to the name.
    #[cfg_attr(not(test), expect(dead_code, reason = "the row is found by them"))]
    #[serde(deserialize_with = "texts")]
    paths: &'static [&'static str],
    /// The publisher.
    #[serde(deserialize_with = "text")]
    pub publisher: &'static str,
    /// The variable with the user's number.
    #[serde(deserialize_with = "text")]
    pub user: &'static str,
    /// The variable with the group's.
    #[serde(deserialize_with = "text")]
    pub group: &'static str,
}

/// An image that another one does not run with any more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dropped {
    /// The major of the other one since which that is so.
    pub since: u32,
    /// The tags of the other one that are as new.
    tags: Vec<String>,
    /// The path of the image.
    pub image: String,
    /// Its name for a person.
    pub name: String,
    /// What to do about it. `MAJOR` stands for its major version.
    pub instead: String,
}

/// What a program is, as far as rules care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
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

/// The database files of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sqlite {
    /// The files, relative to the folder of the data, the most important one first. A `*` stands for any name.
    pub files: &'static [&'static str],
    /// The environment variables that put the database elsewhere: on a server, or in a file whose path they hold.
    pub moved_by: &'static [&'static str],
}

impl Sqlite {
    /// Whether a variable, or the one for a file with its value, is one of [`Sqlite::moved_by`].
    pub(crate) fn is_moved_by(self, variable: &str) -> bool {
        self.moved_by.contains(&variable)
            || variable.strip_suffix("_FILE").is_some_and(|v| self.moved_by.contains(&v))
    }
}

/// What is known of an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
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
    /// Whether the image is docker-library's Postgres, or built on it: its folders changed with 18.
    pub(crate) fn is_official_postgres(&self) -> bool {
        self.kind == Kind::Postgres && self.data == Some(POSTGRES_DATA)
    }
}

/// Databases that do not start for the first time without a password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstPassword {
    /// The variables of which one is needed: the first one has the password. Those that hold a value also have a name with
    /// `_FILE` behind it.
    #[serde(deserialize_with = "texts")]
    pub variables: &'static [&'static str],
    /// The programs of the command with which the start script makes a database.
    #[serde(deserialize_with = "texts")]
    pub programs: &'static [&'static str],
}

/// The major of docker-library's Postgres behind `latest` and other tags without a major.
pub(crate) const NEWEST_POSTGRES: u32 = 18;

/// Where docker-library's Postgres, and what is built on it, keeps its data until 17.
pub(crate) const POSTGRES_DATA: &str = "/var/lib/postgresql/data";

#[cfg(test)]
mod tests {
    use super::publishers;
    use crate::form::{Form, Image, Variable};

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
    #[test]
    fn publishers_are_in_order_and_their_paths_have_registries() {
        crate::data::tests::rows_are_those_of(crate::data::file!("image-publishers"), publishers());
        assert!(publishers().is_sorted_by_key(|row| row.get().publisher.to_lowercase()));
        for row in publishers().iter().map(|row| row.get()) {
            assert!([row.user, row.group].into_iter().all(|name| Variable::parse(name).is_some()));
            assert!(
                row.paths.iter().all(|path| path.split('/').next().is_some_and(|host| host.contains('.')))
            );
        }
    }
}
