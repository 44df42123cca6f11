//! The target of each service, the unit that starts it, and the units that follow disks (containers.nix of the output).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::container::{self, follower, is_followed, texts};
use crate::configuration::Configuration;
use crate::unit::{OnChange, Units};

pub(super) fn find(configuration: &Configuration, units: &mut Units) {
    let mut services = BTreeSet::new();
    for (name, container) in container::all(configuration) {
        if let Some(service) = container["homeserver"]["service"].as_str() {
            services.insert(service);
            let wants = container::unit(name);
            units.entry(starter(service)).or_default().wanted_by.insert(wants);
        }
    }
    for (unit, own) in configuration.attributes(&["homeserver", "units"]) {
        if let Some(service) = own["service"].as_str() {
            services.insert(service);
            units.entry(starter(service)).or_default().wanted_by.insert(format!("{unit}.service"));
        }
    }
    for service in services {
        // The text of a target has only a description.
        let target = units.entry(target(service)).or_default();
        target.is_active = true;
        target.wanted_by.insert(starter(service));
        let starter = units.entry(starter(service)).or_default();
        starter.is_active = true;
        starter.on_change = OnChange::Nothing;
    }
    for (name, slice) in configuration.attributes(&["systemd", "slices"]) {
        let unit = units.entry(format!("{name}.slice")).or_default();
        unit.add(format!("systemd.slices.{name}"), slice);
        unit.is_active = true;
    }
    let mut containers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, container) in container::all(configuration) {
        for mount in texts(&container["homeserver"]["mounts"]) {
            containers.entry(mount).or_default().push(name);
        }
    }
    for (mount, declared) in configuration.attributes(&["homeserver", "mounts"]) {
        if !is_followed(declared) {
            continue;
        }
        let on_disk = json!(containers.get(mount).map(Vec::as_slice).unwrap_or_default());
        let unit = units.entry(follower(mount)).or_default();
        unit.add("containers", &on_disk);
        unit.is_active = true;
        unit.on_change = OnChange::Nothing;
        unit.bound_to.insert(mount.to_owned());
        unit.wanted_by.insert(mount.to_owned());
    }
}

/// The target of a service.
pub(super) fn target(service: &str) -> String {
    format!("homeserver-{service}.target")
}

/// The unit that starts the target.
fn starter(service: &str) -> String {
    format!("homeserver-{service}-start.service")
}

/// The slice of a service, without `.slice`. A hyphen in its name is escaped (systemd.slice(5)).
pub(super) fn slice(service: &str) -> String {
    format!("homeserver-{}", service.replace('-', "\\x2d"))
}
