//! Backups: what is saved, where it goes, and the copy elsewhere.

use crate::form::{KeepRule, SecretName};
use crate::path::straight;
use crate::setting::{Format, UsedSecret};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// A backup.
#[derive(Debug)]
pub struct Backup {
    /// What it writes is called, before its date.
    pub stem: String,
    /// The command that restores it, where there is one.
    pub restore: String,
    /// Of what.
    pub source: Source,
    /// The folder that it writes to.
    pub to: Text,
    /// The mount points that it needs, for what it reads and what it writes.
    pub mounts: Vec<Text>,
    /// How long backups are kept, such as `30d`.
    pub keep: Text,
    /// How many are kept whatever their age.
    pub keep_at_least: Text,
    /// The copy elsewhere.
    pub offsite: Option<Offsite>,
}

impl Backup {
    /// The folders and files of the host that it reads and writes.
    pub fn paths(&self) -> impl Iterator<Item = &Text> {
        self.source.path().into_iter().chain([&self.to])
    }

    /// The repository of the copy elsewhere, where it is written into the file.
    pub fn repository(&self) -> Option<&Text> {
        match &self.offsite.as_ref()?.repository {
            Repository::Plain(repository) => Some(repository),
            Repository::Secret(_) => None,
        }
    }
}

/// What a backup saves.
#[derive(Debug)]
pub enum Source {
    /// A database of Postgres.
    Postgres(PostgresDatabase),
    /// The file of an SQLite database.
    Sqlite(Text),
    /// A folder.
    Folder(Text),
}

impl Source {
    /// What the record has of it: its kind, and the database, or the path without steps that mean nothing.
    pub fn recorded(&self) -> (&'static str, String) {
        match self {
            Source::Postgres(database) => ("postgres", database.database.value()),
            Source::Sqlite(path) => ("sqlite", straight(&path.value())),
            Source::Folder(path) => ("folder", straight(&path.value())),
        }
    }

    /// The path of the host that is copied: of a file or folder.
    pub fn path(&self) -> Option<&Text> {
        match self {
            Source::Sqlite(path) | Source::Folder(path) => Some(path),
            Source::Postgres(_) => None,
        }
    }

    /// The file of an SQLite database.
    pub fn sqlite(&self) -> Option<&Text> {
        match self {
            Source::Sqlite(path) => Some(path),
            Source::Postgres(_) | Source::Folder(_) => None,
        }
    }

    /// The folder that is copied file by file.
    pub fn folder(&self) -> Option<&Text> {
        match self {
            Source::Folder(path) => Some(path),
            Source::Postgres(_) | Source::Sqlite(_) => None,
        }
    }

    /// The database whose server runs in a container.
    pub fn database(&self) -> Option<&PostgresDatabase> {
        match self {
            Source::Postgres(database) => Some(database),
            Source::Sqlite(_) | Source::Folder(_) => None,
        }
    }
}

/// A database of Postgres in a container.
#[derive(Clone, Debug)]
pub struct PostgresDatabase {
    /// The container's name on the host.
    pub container: String,
    /// Where it is named.
    pub named: Span,
    /// The database.
    pub database: Text,
    /// The user that owns it.
    pub user: Text,
    /// The containers that use it, by their names on the host.
    pub used_by: Vec<String>,
}

/// A copy of backups elsewhere.
#[derive(Debug)]
pub struct Offsite {
    /// Where it stands.
    pub span: Span,
    /// Where it goes.
    pub repository: Repository,
    /// The mount point that it needs, where it is a folder.
    pub mounts: Vec<Text>,
    /// The secret with its password.
    pub password: Value<SecretName>,
    /// The secret with what its storage asks for.
    pub environment: Option<Value<SecretName>>,
    /// The secret with the address that hears of each copy.
    pub ping: Option<Value<SecretName>>,
    /// Rules of `restic forget`.
    pub keep: Vec<Value<KeepRule>>,
}

impl Offsite {
    /// The secrets that restic reads.
    pub(super) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let repository = match &self.repository {
            Repository::Secret(secret) => Some(secret),
            Repository::Plain(_) => None,
        };
        let raw = [&self.password].into_iter().chain(repository).map(|secret| (secret, Some(Format::Raw)));
        raw.chain(self.environment.iter().map(|secret| (secret, Some(Format::Env)))).collect()
    }
}

/// Where a copy of backups goes.
#[derive(Debug)]
pub enum Repository {
    /// As restic writes it.
    Plain(Text),
    /// That is in this secret.
    Secret(Value<SecretName>),
}
