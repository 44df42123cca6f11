//! Jobs: scheduled units beside the containers.

use super::backup::RepositoryCheck;
use super::own_job::{Exec, Run};
use super::{Backup, Container, Id, Notification, Service};
use crate::application::Task;
use crate::form::{Calendar, Days, Period, SecretName, ZfsPool};
use crate::setting::{Channel, Format, UsedSecret};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// A job.
#[derive(Debug)]
pub(crate) struct Job {
    /// The name of its module and its command, such as `immich-backup`.
    pub(crate) name: Id<Job>,
    /// The name of its unit, without `.service`.
    pub(crate) unit: String,
    /// The name of its option below `homeserver`, such as `immichBackup`.
    pub(crate) option: String,
    /// The path to it in the file, such as `services.immich.backup.database`.
    pub(crate) origin: String,
    /// The span of the mapping.
    pub(crate) span: Span,
    /// The declared `enable`. Without it, the job is enabled if its service is, or the service of its container.
    pub(crate) enable: Option<bool>,
    /// The schedule.
    pub(crate) schedule: Schedule,
    /// The secret with the address of the check for its runs.
    pub(crate) ping: Option<Value<SecretName>>,
    /// The notification when it fails.
    pub(crate) notification: Notification,
    /// The work.
    pub(crate) work: Work,
}

impl Job {
    /// True if the file does not disable the job.
    pub(crate) fn is_wanted(&self) -> bool {
        self.enable != Some(false)
    }
}

/// The times at which a job runs.
#[derive(Debug)]
pub(crate) enum Schedule {
    /// At the times of a calendar.
    At(Value<Calendar>),
    /// After each period, counted from the boot.
    Every(Value<Period>),
}

impl Schedule {
    /// The longest time between two runs in hours, rounded up.
    pub(crate) fn longest_pause(&self) -> u32 {
        match self {
            Schedule::At(calendar) => calendar.value.longest_pause(),
            Schedule::Every(period) => {
                u32::try_from(period.value.0.ms.div_ceil(3_600_000)).unwrap_or(u32::MAX)
            }
        }
    }
}

/// The work of a job.
#[derive(Debug)]
pub(crate) enum Work {
    /// Saves data.
    Backup(Box<Backup>),
    /// Checks the restic repository of a backup.
    RepositoryCheck(RepositoryCheck),
    /// Checks for new releases, and updates on command.
    Update(Update),
    /// Sends requests to the service.
    Task(Task),
    /// Checks the whole host.
    SmokeTest(SmokeTest),
    /// Runs a script of the owner.
    Run(Box<Run>),
    /// Runs a command in a container.
    Exec(Exec),
}

/// A smoke test.
#[derive(Debug)]
pub(crate) struct SmokeTest {
    /// The minimum free space of each disk and pool, in percent.
    pub(crate) free_percent: Text,
    /// The ZFS pools of the file.
    pub(crate) pools: Vec<Value<ZfsPool>>,
}

impl Job {
    /// The backup, if the job is one.
    pub(crate) fn backup(&self) -> Option<&Backup> {
        match &self.work {
            Work::Backup(backup) => Some(backup),
            _ => None,
        }
    }

    /// Reports whether the job installs releases.
    pub(crate) fn is_automatic_update(&self) -> bool {
        matches!(&self.work, Work::Update(update) if update.automatic.is_some())
    }

    /// The name of the unit that rolls back an automatic update after a power failure, without `.service`.
    pub(crate) fn recovery_unit(&self) -> String {
        format!("recover-{}", self.name)
    }

    /// The unit that copies its backups to a restic repository, without `.service`.
    pub(crate) fn copy_unit(&self) -> String {
        format!("restic-backups-{}", self.unit)
    }

    /// The command that runs restic with the repository of its backups. For a copy, it is one of NixOS
    /// (nixos/modules/services/backup/restic.nix).
    pub(crate) fn restic_command(&self) -> String {
        format!("restic-{}", self.unit)
    }

    /// The work, as the description of the unit. `owner` is the service of the job.
    pub(crate) fn title(&self, owner: Option<&Service>) -> String {
        let service = owner.map(Service::name).unwrap_or_default();
        match &self.work {
            Work::Backup(backup) => format!("Backup of the {} of {service}", backup.source.content()),
            Work::RepositoryCheck(check) => format!("Check of the restic repository of {}", check.backup),
            Work::Update(update) if update.automatic.is_some() => format!("Update of {service}"),
            Work::Update(_) => format!("Check for a new release of {service}"),
            Work::Task(task) => format!("{} of {service}", task.title),
            Work::SmokeTest(_) => "Smoke test of sites, backups, disks and network mounts".to_owned(),
            Work::Run(_) | Work::Exec(_) => format!("Job {}", self.own_name(owner)),
        }
    }

    /// The name of a job of the owner in the file, with its service.
    pub(crate) fn own_name(&self, owner: Option<&Service>) -> String {
        let name = self.origin.rsplit('.').next().unwrap_or_default();
        match owner {
            Some(service) => format!("{name} of {}", service.name),
            None => name.to_owned(),
        }
    }

    /// The secrets that the job reads.
    pub(crate) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let own = match &self.work {
            Work::Task(task) => {
                task.secrets.iter().map(|(_, secret, format)| UsedSecret::of(secret, Some(*format))).collect()
            }
            Work::Backup(backup) => backup.secrets(),
            Work::Run(run) => run.secrets.used(),
            Work::Exec(exec) => exec.secrets.used(),
            Work::Update(_) | Work::SmokeTest(_) | Work::RepositoryCheck(_) => Vec::new(),
        };
        self.pings().map(|(ping, _)| UsedSecret::of(ping, Some(Format::Raw))).chain(own).collect()
    }

    /// The secrets with the ping addresses of its runs and its remote copies, each with a description.
    pub(crate) fn pings(&self) -> impl Iterator<Item = (&Value<SecretName>, String)> {
        let offsite = self.backup().and_then(|backup| backup.offsite.as_ref());
        let copies = offsite.and_then(|offsite| offsite.ping.as_ref());
        let own = self.ping.iter().map(|ping| (ping, self.name.to_string()));
        own.chain(copies.map(|ping| (ping, self.copy_unit())))
    }
}

/// An update.
#[derive(Debug)]
pub(crate) struct Update {
    /// The repository on GitHub, or its address on Forgejo.
    pub(crate) repository: Text,
    /// The releases that count.
    pub(crate) channel: Channel,
    /// The age from which a release counts.
    pub(crate) soak: Option<Value<Days>>,
    /// The span of `automatic: true`, if releases are installed and not only announced.
    pub(crate) automatic: Option<Span>,
    /// The containers that are updated, in start order.
    pub(crate) containers: Vec<Id<Container>>,
    /// The backup that runs first.
    pub(crate) backup: Option<Id<Job>>,
    /// The URL path that answers once the service is healthy.
    pub(crate) health: Text,
}
