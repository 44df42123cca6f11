//! Jobs: what runs at its time, beside the containers.

use super::backup::Offsite;
use super::{Backup, Container, Id, Tells};
use crate::application::Task;
use crate::form::{Calendar, SecretName};
use crate::setting::{Format, UsedSecret};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// A job.
#[derive(Debug)]
pub(crate) struct Job {
    /// Its name, such as `immich-backup`: of its module and, where there is one, of its command.
    pub(crate) name: Id<Job>,
    /// Its unit without `.service`.
    pub(crate) unit: String,
    /// Its name below `homeserver`, such as `immichBackup`.
    pub(crate) option: String,
    /// The way to it in the file, such as `services.immich.backup.database`.
    pub(crate) origin: String,
    /// Where it stands.
    pub(crate) span: Span,
    /// Whether it is on (for a service's, where that is), until the owner says otherwise.
    pub(crate) enable: bool,
    /// When it runs.
    pub(crate) at: Value<Calendar>,
    /// The secret with the address that hears of each run.
    pub(crate) ping: Option<Value<SecretName>>,
    /// Whether somebody is told when it fails.
    pub(crate) tells: Tells,
    /// What it does.
    pub(crate) work: Work,
}

/// What a job does.
#[derive(Debug)]
pub(crate) enum Work {
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
pub(crate) struct SmokeTest {
    /// How much of each disk has to be free, in percent.
    pub(crate) free_percent: Text,
}

impl Job {
    /// The backup that it makes, if it makes one.
    pub(crate) fn backup(&self) -> Option<&Backup> {
        match &self.work {
            Work::Backup(backup) => Some(backup),
            _ => None,
        }
    }

    /// The secrets that it reads.
    pub(crate) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let own = match &self.work {
            Work::Task(task) => {
                task.secrets.iter().map(|(_, secret, format)| (secret, Some(*format))).collect()
            }
            Work::Backup(backup) => backup.offsite.as_ref().map_or_else(Vec::new, Offsite::secrets),
            Work::Update(_) | Work::SmokeTest(_) => Vec::new(),
        };
        self.pings().map(|(ping, _)| (ping, Some(Format::Raw))).chain(own).collect()
    }

    /// Whom its runs, and the copies after them, are told to, each with what it hears of.
    pub(crate) fn pings(&self) -> impl Iterator<Item = (&Value<SecretName>, String)> {
        let offsite = self.backup().and_then(|backup| backup.offsite.as_ref());
        let copies = offsite.and_then(|offsite| offsite.ping.as_ref());
        let own = self.ping.iter().map(|ping| (ping, self.name.to_string()));
        own.chain(copies.map(|ping| (ping, format!("restic-backups-{}", self.unit))))
    }
}

/// An update.
#[derive(Debug)]
pub(crate) struct Update {
    /// The repository on GitHub.
    pub(crate) repository: Text,
    /// The containers that are updated, in the order in which they start.
    pub(crate) containers: Vec<Id<Container>>,
    /// The backup that runs first.
    pub(crate) backup: Option<Id<Job>>,
    /// The path that answers once the service is well.
    pub(crate) health: Text,
}
