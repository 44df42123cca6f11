//! Units that create Podman networks (containers.nix of the output).

use serde_json::{Value, json};

use super::MULTI_USER;
use crate::configuration::Configuration;
use crate::unit::{OnChange, Units};

/// The option of networks.
pub(super) const NETWORKS: &[&str] = &["homeserver", "networks"];

pub(super) fn find(configuration: &Configuration, units: &mut Units) {
    for (name, network) in configuration.attributes(NETWORKS).filter(|(_, network)| is_made(network)) {
        let unit = units.entry(unit(name)).or_default();
        unit.add(format!("networks.{name}"), network);
        unit.on_change = OnChange::Restart;
        unit.is_active = true;
        unit.wanted_by.insert(MULTI_USER.to_owned());
    }
}

/// True if the host creates the network.
pub(super) fn is_made(network: &Value) -> bool {
    network["external"] != json!(true)
}

/// The name of a network's unit.
pub(super) fn unit(network: &str) -> String {
    match network.strip_suffix("-network") {
        Some(_) => format!("{network}.service"),
        None => format!("{network}-network.service"),
    }
}
