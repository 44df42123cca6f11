//! Backups: the source, the target folder and the remote copy.

use super::{Container, Id, Job};
use crate::form::{ExcludePattern, KeepRule, SecretName};
use crate::image::Kind;
use crate::path::{inside, normalized};
use crate::setting::{Format, UsedSecret};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// A backup.
#[derive(Debug)]
pub(crate) struct Backup {
    /// The name of its files, before the date.
    pub(crate) stem: String,
    /// The name of the restore command. A folder has no such command.
    pub(crate) restore: String,
    /// The source.
    pub(crate) source: BackupSource,
    /// The patterns of the files that are left out of a copied folder.
    pub(crate) exclude: Vec<Value<ExcludePattern>>,
    /// The containers and units that are stopped during the copy.
    pub(crate) stop: Vec<Stopped>,
    /// The backups on the host. Without them, there is an `offsite`.
    pub(crate) local: Option<Local>,
    /// The mount points of its source and its target.
    pub(crate) mounts: Vec<Text>,
    /// The restic repository: for a copy of the newest local backup, or for the backup itself.
    pub(crate) offsite: Option<Offsite>,
}

/// Backups in a folder of the host.
#[derive(Debug)]
pub(crate) struct Local {
    /// The folder.
    pub(crate) to: Text,
    /// The time that backups are kept, such as `30d`.
    pub(crate) keep: Text,
    /// The number of newest backups that are kept regardless of their age.
    pub(crate) keep_at_least: Text,
}

impl Backup {
    /// The paths on the host that it reads and writes.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Text> {
        self.source.path().into_iter().chain(self.target())
    }

    /// The folder of the backups on the host.
    pub(crate) fn to(&self) -> Option<&Text> {
        self.local.as_ref().map(|local| &local.to)
    }

    /// The repository of a backup that is stored nowhere else.
    pub(crate) fn direct(&self) -> Option<&Offsite> {
        self.offsite.as_ref().filter(|_| self.local.is_none())
    }

    /// The path on the host that the backups are written to: a folder, or a repository without a local backup.
    pub(crate) fn target(&self) -> Option<&Text> {
        let is_path = |repository: &&Text| repository.value().starts_with('/');
        self.to().or_else(|| self.direct().and_then(|_| self.repository()).filter(is_path))
    }

    /// True if its copy of a folder has the file or folder at `path`.
    pub(crate) fn copies(&self, path: &str, is_folder: bool) -> bool {
        let folder = self.source.folder().map(Text::value);
        folder.as_deref().and_then(|folder| inside(path, folder)).is_some_and(|inside| {
            inside.is_empty() || !self.exclude.iter().any(|pattern| pattern.value.excludes(inside, is_folder))
        })
    }

    /// The secrets that it reads.
    pub(super) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let password = self.source.database().and_then(|database| database.server.password());
        let password = password.map(|secret| UsedSecret::of(secret, Some(Format::Raw)));
        password.into_iter().chain(self.offsite.iter().flat_map(Offsite::secrets)).collect()
    }

    /// The restic repository, unless it is in a secret.
    pub(crate) fn repository(&self) -> Option<&Text> {
        match &self.offsite.as_ref()?.repository {
            Repository::Plain(repository) => Some(repository),
            Repository::Secret(_) => None,
        }
    }
}

/// A container or a unit that is stopped during a copy.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// A container.
    Container(Id<Container>),
    /// A unit of NixOS, without `.service`.
    Unit(String),
}

impl Stopped {
    /// The systemd unit, with `.service`.
    pub(crate) fn unit(&self) -> String {
        match self {
            Stopped::Container(container) => format!("{}.service", container.unit()),
            Stopped::Unit(unit) => format!("{unit}.service"),
        }
    }

    /// The container.
    pub(crate) fn container(&self) -> Option<&Id<Container>> {
        match self {
            Stopped::Container(container) => Some(container),
            Stopped::Unit(_) => None,
        }
    }
}

/// The source of a backup.
#[derive(Debug)]
pub(crate) enum BackupSource {
    /// A database of a server in a container.
    Database(Database),
    /// A database of the host's Postgres.
    HostDatabase(HostDatabase),
    /// The file of an SQLite database.
    Sqlite(Text),
    /// A folder.
    Folder(Text),
}

impl BackupSource {
    /// The source in the record: its kind, and the database or the normalized path.
    pub(crate) fn recorded(&self) -> (&'static str, String) {
        match self {
            BackupSource::Database(database) => (database.server.key(), database.database.value()),
            BackupSource::HostDatabase(host) => (Server::Postgres.key(), host.database.value()),
            BackupSource::Sqlite(path) => ("sqlite", normalized(&path.value())),
            BackupSource::Folder(path) => ("folder", normalized(&path.value())),
        }
    }

    /// The suffix of the names of its backups. A folder has none.
    pub(crate) fn suffix(&self) -> &'static str {
        match self {
            BackupSource::Database(Database { server: Server::Mysql(_), .. }) => ".sql.zst",
            BackupSource::Database(_) | BackupSource::HostDatabase(_) => ".dump",
            BackupSource::Sqlite(_) => ".sqlite",
            BackupSource::Folder(_) => "",
        }
    }

    /// The kind of its data, in one word.
    pub(crate) fn content(&self) -> &'static str {
        match self {
            BackupSource::Folder(_) => "files",
            BackupSource::Database(_) | BackupSource::HostDatabase(_) | BackupSource::Sqlite(_) => "database",
        }
    }

    /// The path of the file or folder that is copied.
    pub(crate) fn path(&self) -> Option<&Text> {
        match self {
            BackupSource::Sqlite(path) | BackupSource::Folder(path) => Some(path),
            BackupSource::Database(_) | BackupSource::HostDatabase(_) => None,
        }
    }

    /// The file of an SQLite database.
    pub(crate) fn sqlite(&self) -> Option<&Text> {
        match self {
            BackupSource::Sqlite(path) => Some(path),
            BackupSource::Database(_) | BackupSource::HostDatabase(_) | BackupSource::Folder(_) => None,
        }
    }

    /// The folder that is copied.
    pub(crate) fn folder(&self) -> Option<&Text> {
        match self {
            BackupSource::Folder(path) => Some(path),
            BackupSource::Database(_) | BackupSource::HostDatabase(_) | BackupSource::Sqlite(_) => None,
        }
    }

    /// The database of a server in a container.
    pub(crate) fn database(&self) -> Option<&Database> {
        match self {
            BackupSource::Database(database) => Some(database),
            BackupSource::HostDatabase(_) | BackupSource::Sqlite(_) | BackupSource::Folder(_) => None,
        }
    }

    /// The database of the host's Postgres.
    pub(crate) fn host_database(&self) -> Option<&HostDatabase> {
        match self {
            BackupSource::HostDatabase(database) => Some(database),
            BackupSource::Database(_) | BackupSource::Sqlite(_) | BackupSource::Folder(_) => None,
        }
    }
}

/// A database of the host's Postgres.
#[derive(Debug)]
pub(crate) struct HostDatabase {
    /// The database.
    pub(crate) database: Text,
    /// The containers that use the database, of all services.
    pub(crate) used_by: Vec<Id<Container>>,
}

/// A database of a server in a container.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    /// The server.
    pub(crate) server: Server,
    /// The container. `None` if the service does not have it; a diagnostic was emitted.
    pub(crate) container: Option<Id<Container>>,
    /// The span of the container's name.
    pub(crate) named: Span,
    /// The database.
    pub(crate) database: Text,
    /// The user that reads the database.
    pub(crate) user: Text,
    /// The containers that use the database.
    pub(crate) used_by: Vec<Id<Container>>,
}

/// A database server.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    /// Postgres.
    Postgres,
    /// MariaDB or MySQL, with the secret that contains the password of the user.
    Mysql(Option<Value<SecretName>>),
}

impl Server {
    /// The key of the source in the file.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Server::Postgres => "postgres",
            Server::Mysql(_) => "mysql",
        }
    }

    /// The kind of image that runs the server.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Server::Postgres => Kind::Postgres,
            Server::Mysql(_) => Kind::Mysql,
        }
    }

    /// The folder in which images usually keep its data.
    pub(crate) fn usual_data(&self) -> &'static str {
        match self {
            Server::Postgres => "/var/lib/postgresql",
            Server::Mysql(_) => "/var/lib/mysql",
        }
    }

    /// The name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Server::Postgres => "Postgres",
            Server::Mysql(_) => "MariaDB or MySQL",
        }
    }

    /// The program that dumps a database.
    pub(crate) fn dump_program(&self) -> &'static str {
        match self {
            Server::Postgres => "pg_dump",
            Server::Mysql(_) => "mariadb-dump",
        }
    }

    /// The secret with the password of the user.
    pub(crate) fn password(&self) -> Option<&Value<SecretName>> {
        match self {
            Server::Postgres => None,
            Server::Mysql(password) => password.as_ref(),
        }
    }
}

/// A restic repository for backups.
#[derive(Debug)]
pub(crate) struct Offsite {
    /// The span of the mapping.
    pub(crate) span: Span,
    /// The repository.
    pub(crate) repository: Repository,
    /// The mount points of a repository that is a folder.
    pub(crate) mounts: Vec<Text>,
    /// The secret with the password of the repository.
    pub(crate) password: Value<SecretName>,
    /// The secret with the variables of the storage.
    pub(crate) environment: Option<Value<SecretName>>,
    /// The secret with the address of the check for the copies.
    pub(crate) ping: Option<Value<SecretName>>,
    /// Rules of `restic forget`.
    pub(crate) keep: Vec<Value<KeepRule>>,
}

/// A check of a restic repository.
#[derive(Debug)]
pub(crate) struct RepositoryCheck {
    /// The backup that is stored there.
    pub(crate) backup: Id<Job>,
    /// The part of the data that each run reads, in percent.
    pub(crate) percent: Option<Text>,
}

impl Offsite {
    /// The secrets that restic reads.
    fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let environment = self.environment.iter().map(|secret| UsedSecret::of(secret, Some(Format::Env)));
        let raw = [&self.password].into_iter().chain(self.hidden());
        raw.map(|secret| UsedSecret::of(secret, Some(Format::Raw))).chain(environment).collect()
    }

    /// The names of the secrets that restic reads.
    pub(crate) fn secret_names(&self) -> impl Iterator<Item = &Value<SecretName>> {
        [&self.password].into_iter().chain(&self.environment).chain(self.hidden())
    }

    /// The secret with the repository.
    fn hidden(&self) -> Option<&Value<SecretName>> {
        match &self.repository {
            Repository::Secret(secret) => Some(secret),
            Repository::Plain(_) => None,
        }
    }
}

/// The place of a restic repository.
#[derive(Debug)]
pub(crate) enum Repository {
    /// The repository in restic's syntax.
    Plain(Text),
    /// A secret that contains the repository.
    Secret(Value<SecretName>),
}
