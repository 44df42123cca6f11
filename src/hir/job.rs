//! Jobs: what runs at its time, beside the containers.

use crate::application::Task;
use crate::form::{Calendar, KeepRule, SecretName};
use crate::path::straight;
use crate::setting::Format;
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// A job.
#[derive(Debug)]
pub struct Job {
    /// Its name, such as `immich-backup`: of its module and, where there is one, of its command.
    pub name: String,
    /// Its unit without `.service`.
    pub unit: String,
    /// Its name below `homeserver`, such as `immichBackup`.
    pub option: String,
    /// The way to it in the file, such as `services.immich.backup.database`.
    pub origin: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it is on (for a service's, where that is), until the owner says otherwise.
    pub enable: bool,
    /// When it runs.
    pub at: Value<Calendar>,
    /// The secret with the address that hears of each run.
    pub ping: Option<Value<SecretName>>,
    /// Whether somebody is told when it fails.
    pub tells: bool,
    /// What it does.
    pub work: Work,
}

/// What a job does.
#[derive(Debug)]
pub enum Work {
    /// Saves data.
    Backup(Box<Backup>),
    /// Looks for a new release, and updates on command.
    Update(Update),
    /// Asks the service for something.
    Task(Task),
    /// Looks at the whole host.
    SmokeTest(SmokeTest),
}

/// A smoke test.
#[derive(Debug)]
pub struct SmokeTest {
    /// How much of each disk has to be free, in percent.
    pub free_percent: Text,
}

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

impl Job {
    /// The secrets that it reads, each with the format that it needs.
    pub fn secrets(&self) -> Vec<(&Value<SecretName>, Format)> {
        let own = match &self.work {
            Work::Task(task) => task.secrets.iter().map(|(_, secret, format)| (secret, *format)).collect(),
            Work::Backup(backup) => backup.offsite.as_ref().map_or_else(Vec::new, Offsite::secrets),
            Work::Update(_) | Work::SmokeTest(_) => Vec::new(),
        };
        self.pings().map(|(ping, _)| (ping, Format::Raw)).chain(own).collect()
    }

    /// Whom its runs, and the copies after them, are told to, each with what it hears of.
    pub fn pings(&self) -> impl Iterator<Item = (&Value<SecretName>, String)> {
        let offsite = match &self.work {
            Work::Backup(backup) => backup.offsite.as_ref(),
            _ => None,
        };
        let copies = offsite.and_then(|offsite| offsite.ping.as_ref());
        let own = self.ping.iter().map(|ping| (ping, self.name.clone()));
        own.chain(copies.map(|ping| (ping, format!("restic-backups-{}", self.unit))))
    }
}

impl Backup {
    /// The folders and files of the host that it reads and writes.
    pub fn paths(&self) -> Vec<&Text> {
        match &self.source {
            Source::Postgres(_) => vec![&self.to],
            Source::Sqlite(path) | Source::Folder(path) => vec![path, &self.to],
        }
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

/// A copy of backups elsewhere.
#[derive(Debug)]
pub struct Offsite {
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
    /// The secrets that restic reads, each with the format that it needs.
    fn secrets(&self) -> Vec<(&Value<SecretName>, Format)> {
        let repository = match &self.repository {
            Repository::Secret(secret) => Some(secret),
            Repository::Plain(_) => None,
        };
        let raw = [&self.password].into_iter().chain(repository).map(|secret| (secret, Format::Raw));
        raw.chain(self.environment.iter().map(|secret| (secret, Format::Env))).collect()
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

/// An update.
#[derive(Debug)]
pub struct Update {
    /// The repository on GitHub.
    pub repository: Text,
    /// The containers that are updated, by their names on the host, in the order in which they start.
    pub containers: Vec<String>,
    /// The unit of the backup that runs first.
    pub backup: Option<String>,
    /// The path that answers once the service is well.
    pub health: Text,
}
