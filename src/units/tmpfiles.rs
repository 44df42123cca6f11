//! The unit that applies changed rules of tmpfiles in a switch (tmpfiles.nix of NixOS). Each switch starts it.

use crate::configuration::Configuration;
use crate::unit::Units;

/// The unit.
const UNIT: &str = "systemd-tmpfiles-resetup.service";

pub(super) fn find(configuration: &Configuration, units: &mut Units) {
    let unit = units.entry(UNIT.to_owned()).or_default();
    unit.is_active = true;
    unit.wanted_by.insert("sysinit-reactivation.target".to_owned());
    if let Some(rules) = configuration.get(&["systemd", "tmpfiles"]) {
        unit.add("systemd.tmpfiles", rules);
    }
}
