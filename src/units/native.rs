//! Units of NixOS that belong to services (containers.nix of the output).

use serde_json::json;

use super::container::{follower, is_followed, secret, texts};
use super::service;
use crate::configuration::Configuration;
use crate::unit::Units;

pub(super) fn find(configuration: &Configuration, units: &mut Units) {
    for (name, own) in configuration.attributes(&["homeserver", "units"]) {
        let unit = units.entry(format!("{name}.service")).or_default();
        unit.add("homeserver.units", own);
        unit.is_active = true;
        if let Some(service) = own["service"].as_str() {
            let target = service::target(service);
            unit.bound_to.insert(target.clone());
            unit.wanted_by.insert(target);
            let slice = configuration.get(&["systemd", "slices", &service::slice(service)]);
            unit.add("service.limits", &json!(slice.is_some()));
        }
        for (key, value) in texts(&own["secrets"]).flat_map(|name| secret(name, configuration)) {
            unit.add(key, value);
        }
        for mount in texts(&own["mounts"]) {
            let declared = configuration.get(&["homeserver", "mounts", mount]);
            unit.add(format!("host.mounts.{mount}"), &json!(declared.map(|mount| &mount["path"])));
            if declared.is_some_and(is_followed) {
                unit.bound_to.insert(follower(mount));
            }
        }
        // The options of its module: `services.scrutiny` has the units `scrutiny` and `scrutiny-collector`.
        for (program, options) in configuration.attributes(&["services"]) {
            if name.strip_prefix(program).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
                unit.add(format!("services.{program}"), options);
            }
        }
    }
}
