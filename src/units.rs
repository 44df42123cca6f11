//! Pass: [`configuration`](crate::configuration) → [`unit`](crate::unit). Finds the units that NixOS makes of the options,
//! and which options each is made of. A kind of unit is a file here and a line in [`KINDS`].

mod container;
mod explicit;
mod native;
mod network;
mod program;
mod service;
mod sops;
mod timer;
mod tmpfiles;

use crate::configuration::Configuration;
use crate::unit::Units;

/// The kinds of units.
const KINDS: &[fn(&Configuration, &mut Units)] = &[
    explicit::find,
    timer::find,
    container::find,
    native::find,
    network::find,
    service::find,
    program::find,
    tmpfiles::find,
    sops::find,
];

/// The target that the boot reaches, which starts the units that it wants.
const MULTI_USER: &str = "multi-user.target";

/// The units of a host.
pub(crate) fn units(configuration: &Configuration) -> Units {
    let mut units = Units::new();
    for find in KINDS {
        find(configuration, &mut units);
    }
    units
}
