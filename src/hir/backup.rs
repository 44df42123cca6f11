//! Backups: what is saved, where it goes, and the copy elsewhere.

use super::{Container, Id};
use crate::form::{KeepRule, SecretName};
use crate::path::straight;
use crate::setting::{Format, UsedSecret};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// A backup.
#[derive(Debug)]
pub(crate) struct Backup {
    /// What it writes is called, before its date.
    pub(crate) stem: String,
    /// The command that restores it, where there is one.
    pub(crate) restore: String,
    /// Of what.
    pub(crate) source: Source,
    /// The folder that it writes to.
    pub(crate) to: Text,
    /// The mount points that it needs, for what it reads and what it writes.
    pub(crate) mounts: Vec<Text>,
    /// How long backups are kept, such as `30d`.
    pub(crate) keep: Text,
    /// How many are kept whatever their age.
    pub(crate) keep_at_least: Text,
    /// The copy elsewhere.
    pub(crate) offsite: Option<Offsite>,
}

impl Backup {
    /// The folders and files of the host that it reads and writes.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Text> {
        self.source.path().into_iter().chain([&self.to])
    }

    /// The repository of the copy elsewhere, where it is written into the file.
    pub(crate) fn repository(&self) -> Option<&Text> {
        match &self.offsite.as_ref()?.repository {
            Repository::Plain(repository) => Some(repository),
            Repository::Secret(_) => None,
        }
    }
}

/// What a backup saves.
#[derive(Debug)]
pub(crate) enum Source {
    /// A database of Postgres.
    Postgres(PostgresDatabase),
    /// The file of an SQLite database.
    Sqlite(Text),
    /// A folder.
    Folder(Text),
}

impl Source {
    /// What the record has of it: its kind, and the database, or the path without steps that mean nothing.
    pub(crate) fn recorded(&self) -> (&'static str, String) {
        match self {
            Source::Postgres(database) => ("postgres", database.database.value()),
            Source::Sqlite(path) => ("sqlite", straight(&path.value())),
            Source::Folder(path) => ("folder", straight(&path.value())),
        }
    }

    /// The path of the host that is copied: of a file or folder.
    pub(crate) fn path(&self) -> Option<&Text> {
        match self {
            Source::Sqlite(path) | Source::Folder(path) => Some(path),
            Source::Postgres(_) => None,
        }
    }

    /// The file of an SQLite database.
    pub(crate) fn sqlite(&self) -> Option<&Text> {
        match self {
            Source::Sqlite(path) => Some(path),
            Source::Postgres(_) | Source::Folder(_) => None,
        }
    }

    /// The folder that is copied file by file.
    pub(crate) fn folder(&self) -> Option<&Text> {
        match self {
            Source::Folder(path) => Some(path),
            Source::Postgres(_) | Source::Sqlite(_) => None,
        }
    }

    /// The database whose server runs in a container.
    pub(crate) fn database(&self) -> Option<&PostgresDatabase> {
        match self {
            Source::Postgres(database) => Some(database),
            Source::Sqlite(_) | Source::Folder(_) => None,
        }
    }
}

/// A database of Postgres in a container.
#[derive(Clone, Debug)]
pub(crate) struct PostgresDatabase {
    /// The container. None is one that the service does not have, which is reported.
    pub(crate) container: Option<Id<Container>>,
    /// Where it is named.
    pub(crate) named: Span,
    /// The database.
    pub(crate) database: Text,
    /// The user that owns it.
    pub(crate) user: Text,
    /// The containers that use it.
    pub(crate) used_by: Vec<Id<Container>>,
}

/// A copy of backups elsewhere.
#[derive(Debug)]
pub(crate) struct Offsite {
    /// Where it stands.
    pub(crate) span: Span,
    /// Where it goes.
    pub(crate) repository: Repository,
    /// The mount point that it needs, where it is a folder.
    pub(crate) mounts: Vec<Text>,
    /// The secret with its password.
    pub(crate) password: Value<SecretName>,
    /// The secret with what its storage asks for.
    pub(crate) environment: Option<Value<SecretName>>,
    /// The secret with the address that hears of each copy.
    pub(crate) ping: Option<Value<SecretName>>,
    /// Rules of `restic forget`.
    pub(crate) keep: Vec<Value<KeepRule>>,
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
pub(crate) enum Repository {
    /// As restic writes it.
    Plain(Text),
    /// That is in this secret.
    Secret(Value<SecretName>),
}
