//! Units that create Podman networks (containers.nix of the output).

use serde_json::{Value, json};

use super::{MULTI_USER, container};
use crate::configuration::Configuration;
use crate::unit::{OnChange, Units};

/// The attribute of a container with the rules for the clients of its published ports.
pub(super) const PORT_RULES: &str = "portRules";

/// The unit that loads these rules.
const PORTS: &str = "published-ports.service";

/// The option of networks.
pub(super) const NETWORKS: &[&str] = &["homeserver", "networks"];

pub(super) fn find(configuration: &Configuration, units: &mut Units) {
    find_port_rules(configuration, units);
    for (name, network) in configuration.attributes(NETWORKS).filter(|(_, network)| is_made(network)) {
        let unit = units.entry(unit(name)).or_default();
        unit.add(format!("networks.{name}"), network);
        unit.on_change = OnChange::Restart;
        unit.is_active = true;
        unit.wanted_by.insert(MULTI_USER.to_owned());
    }
}

/// Adds the unit with the rules for the clients of published ports.
fn find_port_rules(configuration: &Configuration, units: &mut Units) {
    let rules = container::all(configuration)
        .flat_map(|(_, container)| container["homeserver"][PORT_RULES].as_array().into_iter().flatten());
    let rules: Vec<&Value> = rules.collect();
    if rules.is_empty() {
        return;
    }
    let unit = units.entry(PORTS.to_owned()).or_default();
    unit.reload.insert(PORT_RULES.to_owned(), json!(rules));
    unit.on_change = OnChange::Reload;
    unit.is_active = true;
    unit.wanted_by.insert(MULTI_USER.to_owned());
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
