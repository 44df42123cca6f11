//! Jobs, with the commands to run by hand.

use serde::Serialize;

use super::{Cell, Row};

/// A job.
#[derive(Debug, Serialize)]
pub(crate) struct Job {
    /// The name.
    pub name: String,
    /// The service.
    pub service: Option<String>,
    /// The work.
    pub does: String,
    /// The unit.
    pub unit: String,
    /// The timer.
    pub timer: String,
    /// The schedule: a calendar expression of systemd, or `every 5m`.
    pub when: String,
    /// The command that runs it.
    pub run: String,
    /// The other commands of the job.
    pub commands: Vec<String>,
    /// The commands that restore a backup.
    pub restore: Vec<String>,
    /// The kind of work, for `homegen docs`.
    #[serde(skip)]
    pub work: Work,
}

/// The kind of a job's work.
#[derive(Debug)]
pub(crate) enum Work {
    /// A backup.
    Backup(Box<Saved>),
    /// A check for new releases.
    Update {
        /// True if it installs them.
        is_automatic: bool,
        /// The backup that the update command runs first.
        backup: Option<String>,
    },
    /// The smoke test.
    SmokeTest,
    /// Anything else.
    Other,
}

/// The data of a backup.
#[derive(Debug)]
pub(crate) struct Saved {
    /// The kind of source: `database`, `SQLite database` or `folder`.
    pub kind: &'static str,
    /// The database, the file or the folder.
    pub source: String,
    /// The container of a database, or `Postgres` of the host.
    pub server: Option<String>,
    /// The place of the backups.
    pub place: Place,
    /// The units that are stopped during the copy.
    pub stops: Vec<String>,
    /// The unit that copies the newest backup to a restic repository, and the commands that restore it from there.
    pub copy: Option<(String, Vec<String>)>,
    /// The restore command. A folder has none.
    pub restore: Option<String>,
    /// True if the restore command keeps the previous tables in another database of MariaDB or MySQL.
    pub is_mysql: bool,
}

/// The place of backups.
#[derive(Debug)]
pub(crate) enum Place {
    /// A folder of the host.
    Folder {
        /// The path of a backup, with `DATE` for its time.
        backup: String,
        /// The time that backups are kept.
        keep: String,
        /// The number of backups that are always kept.
        keep_at_least: String,
    },
    /// A restic repository.
    Repository,
}

impl Row for Job {
    const COLUMNS: &'static [&'static str] =
        &["Job", "When", "Does", "Run by hand", "Other commands", "Restore"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::name(&self.name),
            Cell::name(&self.when),
            Cell::words(&self.does),
            Cell::name(&self.run),
            Cell::Names(self.commands.clone()),
            Cell::Names(self.restore.clone()),
        ]
    }
}
