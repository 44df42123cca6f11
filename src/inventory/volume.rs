//! Volumes of containers.

use serde::Serialize;

use super::{Cell, Row};
use crate::coverage::Coverage;

/// A folder, a file or a volume in a container.
#[derive(Debug, Serialize)]
pub(crate) struct Volume {
    /// The container.
    pub container: String,
    /// The service.
    pub service: String,
    /// The path in the container.
    pub target: String,
    /// `bind` for a path of the host, `volume` for a volume of Podman, or `tmpfs`.
    pub kind: &'static str,
    /// The path on the host. `None` for a tmpfs.
    pub path: Option<String>,
    /// The name of the volume of Podman.
    pub name: Option<String>,
    /// True if the container cannot write to it.
    pub read_only: bool,
    /// The owner and the group that homegen gives the folder. `None` if it leaves them as they are.
    pub owner: Option<String>,
    /// The mode that homegen gives the folder. `None` if it leaves it as it is.
    pub mode: Option<String>,
    /// The disk of `host.mounts` that it is on.
    pub disk: Option<String>,
    /// The backups of its data. `None` if the container does not write to it, and for paths without state.
    pub coverage: Option<Coverage>,
}

impl Row for Volume {
    const COLUMNS: &'static [&'static str] =
        &["Container", "Path in it", "Host", "Access", "Owner, mode", "Backup"];
    const NAME: usize = 2;

    fn cells(&self) -> Vec<Cell> {
        let host = self.name.clone().or_else(|| self.path.clone());
        let holder: Vec<&str> = [&self.owner, &self.mode].into_iter().flatten().map(String::as_str).collect();
        vec![
            Cell::name(&self.container),
            Cell::name(&self.target),
            Cell::Names(vec![host.unwrap_or_else(|| self.kind.to_owned())]),
            Cell::words(if self.read_only { "read-only" } else { "writes" }),
            Cell::Names(Some(holder.join(" ")).into_iter().filter(|holder| !holder.is_empty()).collect()),
            Cell::words(self.coverage.as_ref().map(Coverage::summary).unwrap_or_default()),
        ]
    }
}
