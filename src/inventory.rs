//! The parts of a host, as its owner asks for them. `homegen list` and `homegen docs` print them.
//!
//! Each kind of part is one file with its row and its columns. A service or a job that is off is left out, with all of
//! its parts; only [`Inventory::services`] has services that are off.

mod container;
mod disk;
mod host;
mod image;
mod job;
pub mod json;
mod port;
mod secret;
mod service;
mod site;
pub mod table;
mod volume;

use serde::Serialize;

pub(crate) use container::{Container, DatabaseServer};
pub(crate) use disk::Disk;
pub(crate) use host::{Certificates, Host};
pub(crate) use image::Image;
pub(crate) use job::{Job, Place, Saved, Work};
pub(crate) use port::Port;
pub(crate) use secret::{Reader, Secret};
pub(crate) use service::Service;
pub(crate) use site::Site;
pub(crate) use volume::Volume;

/// The parts of a host, each kind in the order of the file.
#[derive(Debug)]
pub struct Inventory {
    /// The host itself.
    pub(crate) host: Host,
    /// The services, also those that are off.
    pub(crate) services: Vec<Service>,
    /// The containers.
    pub(crate) containers: Vec<Container>,
    /// The disks of `host.mounts`.
    pub(crate) disks: Vec<Disk>,
    /// The ports of the host that programs listen on.
    pub(crate) ports: Vec<Port>,
    /// The images of the containers.
    pub(crate) images: Vec<Image>,
    /// The secrets.
    pub(crate) secrets: Vec<Secret>,
    /// The sites.
    pub(crate) sites: Vec<Site>,
    /// The jobs.
    pub(crate) jobs: Vec<Job>,
    /// The volumes of the containers.
    pub(crate) volumes: Vec<Volume>,
}

/// The kinds of parts that `homegen list` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ports.
    Ports,
    /// Images.
    Images,
    /// Secrets.
    Secrets,
    /// Sites.
    Sites,
    /// Jobs.
    Jobs,
    /// Volumes.
    Volumes,
}

impl Kind {
    /// All kinds.
    pub const ALL: &'static [Kind] =
        &[Kind::Ports, Kind::Images, Kind::Secrets, Kind::Sites, Kind::Jobs, Kind::Volumes];

    /// The name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Ports => "ports",
            Kind::Images => "images",
            Kind::Secrets => "secrets",
            Kind::Sites => "sites",
            Kind::Jobs => "jobs",
            Kind::Volumes => "volumes",
        }
    }
}

/// A row of a table.
pub(crate) trait Row: Serialize {
    /// The titles of the columns.
    const COLUMNS: &'static [&'static str];

    /// The number of columns at the beginning that name the part: no two rows have the same.
    const NAME: usize = 1;

    /// The cells, one for each column.
    fn cells(&self) -> Vec<Cell>;
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Words.
    Words(String),
    /// Names, paths, addresses or commands.
    Names(Vec<String>),
}

impl Cell {
    /// The text of the cell.
    pub(crate) fn text(&self) -> String {
        match self {
            Cell::Words(words) => words.clone(),
            Cell::Names(names) => names.join(", "),
        }
    }

    /// One name.
    pub(crate) fn name(name: impl Into<String>) -> Cell {
        Cell::Names(vec![name.into()])
    }

    /// A name, or an empty cell.
    pub(crate) fn optional(name: &Option<String>) -> Cell {
        Cell::Names(name.iter().cloned().collect())
    }

    /// Words.
    pub(crate) fn words(words: impl Into<String>) -> Cell {
        Cell::Words(words.into())
    }
}
