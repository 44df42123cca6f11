//! Containers.

use serde::Serialize;

use super::{Cell, Row};

/// A container.
#[derive(Debug, Serialize)]
pub(crate) struct Container {
    /// The name on the host.
    pub name: String,
    /// The unit.
    pub unit: String,
    /// The image.
    pub image: String,
    /// The limits, in words.
    pub limits: String,
    /// The containers that start before it.
    pub starts_after: Vec<String>,
    /// True if the file has a health check for it.
    pub has_health_check: bool,
    /// The networks that homegen creates.
    pub networks: Vec<String>,
    /// The secrets that it needs.
    pub secrets: Vec<String>,
    /// The disks that it needs.
    pub disks: Vec<String>,
    /// True if it publishes ports on the tailnet address.
    pub on_tailnet: bool,
    /// The database server in it, which keeps the passwords of its first start.
    pub server: Option<DatabaseServer>,
}

/// A database server in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum DatabaseServer {
    /// Postgres.
    Postgres,
    /// MariaDB or MySQL.
    Mysql,
}

impl Row for Container {
    const COLUMNS: &'static [&'static str] = &["Container", "Limits", "Starts after", "Health check"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::name(&self.name),
            Cell::words(&self.limits),
            Cell::Names(self.starts_after.clone()),
            Cell::words(if self.has_health_check { "yes" } else { "" }),
        ]
    }
}
