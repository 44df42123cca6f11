//! A compiled host as another one is compared with it.

use std::collections::BTreeMap;

use crate::configuration::Configuration;
use crate::coverage::WritablePath;
use crate::edit::{Arguments, Origins};
use crate::inventory::Inventory;
use crate::record::{self, Record};
use crate::retention::Retention;
use crate::tree::Node;
use crate::unit::Units;

/// A compiled host: what NixOS makes of its output.
#[derive(Debug)]
pub struct Deployment {
    /// The record of the build: where the data is.
    pub record: Record,
    /// The NixOS options of the output.
    pub configuration: Configuration,
    /// The units.
    pub units: Units,
    /// The paths that containers write to, with their backups.
    pub coverage: Vec<WritablePath>,
    /// The parts of the host.
    pub(crate) inventory: Inventory,
    /// The retention of the backups.
    pub(crate) retention: Retention,
    /// The containers of the last build that continue under a container's name on the host.
    pub(crate) predecessors: BTreeMap<String, record::Container>,
    /// The values of the file.
    pub(crate) file: Node,
    /// The arguments of its presets.
    pub(crate) arguments: Arguments,
    /// The values that the units come from.
    pub(crate) origins: Origins,
}
