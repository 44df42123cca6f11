//! Disks of `host.mounts`.

use serde::Serialize;

use super::{Cell, Row};

/// A disk.
#[derive(Debug, Serialize)]
pub(crate) struct Disk {
    /// The mount point.
    pub path: String,
    /// The NFS export.
    pub nfs: Option<String>,
    /// True if its containers stop and start with it. False for a disk that is mounted at its first access.
    pub is_followed: bool,
    /// The containers on the disk.
    pub containers: Vec<String>,
}

impl Row for Disk {
    const COLUMNS: &'static [&'static str] = &["Mount point", "Source", "Containers"];

    fn cells(&self) -> Vec<Cell> {
        let source = match &self.nfs {
            Some(export) => Cell::name(export),
            None => Cell::words("mounted by your own configuration"),
        };
        vec![Cell::name(&self.path), source, Cell::Names(self.containers.clone())]
    }
}
