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
}

impl Row for Job {
    const COLUMNS: &'static [&'static str] =
        &["Job", "When", "Does", "Run by hand", "Other commands", "Restore"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::name(&self.name),
            Cell::words(&self.when),
            Cell::words(&self.does),
            Cell::name(&self.run),
            Cell::Names(self.commands.clone()),
            Cell::Names(self.restore.clone()),
        ]
    }
}
