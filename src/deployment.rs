//! A compiled host as another one is compared with it.

use crate::configuration::Configuration;
use crate::hir::Host;
use crate::unit::Units;

/// A compiled host: the linked host, and what NixOS makes of its output.
#[derive(Debug)]
pub struct Deployment {
    /// The host.
    pub host: Host,
    /// The NixOS options of the output.
    pub configuration: Configuration,
    /// The units.
    pub units: Units,
}
