//! Units of containers (oci-containers.nix of NixOS, and containers.nix of the output).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{MULTI_USER, network, service};
use crate::configuration::Configuration;
use crate::unit::Units;

/// The option of containers.
const CONTAINERS: &[&str] = &["virtualisation", "oci-containers", "containers"];

/// The containers of the host, by name.
pub(super) fn all(configuration: &Configuration) -> impl Iterator<Item = (&str, &Value)> {
    configuration.attributes(CONTAINERS)
}

pub(super) fn find(configuration: &Configuration, units: &mut Units) {
    let dependents = dependents(configuration);
    for (name, container) in all(configuration) {
        let unit = units.entry(unit(name)).or_default();
        for (key, value) in container.as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("homeserver", Value::Object(own)) => {
                    for (key, value) in own {
                        // The rules are in a unit of their own, which the container only names.
                        let value = if key == network::PORT_RULES { &json!(true) } else { value };
                        unit.add(format!("homeserver.{key}"), value);
                    }
                }
                _ => unit.add(key.as_str(), value),
            }
        }
        unit.is_active = is_started(container);
        if unit.is_active {
            unit.wanted_by.insert(MULTI_USER.to_owned());
        }
        for dependency in texts(&container["dependsOn"]) {
            unit.bound_to.insert(self::unit(dependency));
        }
        let own = &container["homeserver"];
        if let Some(name) = own["service"].as_str() {
            let target = service::target(name);
            unit.bound_to.insert(target.clone());
            if unit.is_active {
                unit.wanted_by.insert(target);
            }
            let slice = configuration.get(&["systemd", "slices", &service::slice(name), "sliceConfig"]);
            // The arguments of the container name the slice, and the limits are a trigger of a reload.
            unit.add("service.limits", &json!(slice.is_some()));
            unit.reload.extend(slice.map(|limits| ("service.limits".to_owned(), limits.clone())));
        }
        for name in texts(&own["secrets"]) {
            for (key, value) in secret(name, configuration) {
                unit.add(key, value);
            }
        }
        for mount in texts(&own["mounts"]) {
            let declared = configuration.get(&["homeserver", "mounts", mount]);
            unit.add(format!("host.mounts.{mount}"), &json!(declared.map(|mount| &mount["path"])));
            if declared.is_some_and(is_followed) {
                unit.bound_to.insert(follower(mount));
            }
        }
        for network in texts(&container["networks"]) {
            let network = network.split(':').next().unwrap_or(network);
            let Some(declared) = configuration.get(network::NETWORKS).and_then(|all| all.get(network)) else {
                continue;
            };
            unit.add(format!("networks.{network}"), declared);
            if network::is_made(declared) {
                unit.bound_to.insert(network::unit(network));
            }
        }
        // The unit starts its dependents.
        unit.add("dependents", &json!(dependents.get(name)));
        unit.add("host.timezone", &json!(configuration.get(&["time", "timeZone"])));
    }
}

/// The name of a container's unit.
pub(super) fn unit(container: &str) -> String {
    format!("podman-{container}.service")
}

/// True if NixOS starts the container.
fn is_started(container: &Value) -> bool {
    container["autoStart"] != json!(false)
}

/// True if containers stop and start with a mount.
pub(super) fn is_followed(mount: &Value) -> bool {
    mount["followed"] != json!(false)
}

/// The unit that is active while a disk is mounted.
pub(super) fn follower(mount: &str) -> String {
    format!("{}-containers.service", mount.trim_end_matches(".mount"))
}

/// The texts of a list.
pub(super) fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The parts of a secret's declaration that are in the texts of its readers: the encrypted file, whose change restarts them,
/// and where the secret is decrypted. Its owner and mode are not.
pub(super) fn secret<'a>(
    name: &'a str,
    configuration: &'a Configuration,
) -> impl Iterator<Item = (String, &'a Value)> {
    let stores = [&["age", "secrets"][..], &["sops", "secrets"], &["secrets"]];
    let declared = stores.into_iter().filter_map(move |store| configuration.get(store)?.get(name));
    declared.flat_map(move |declared| {
        let parts = ["file", "minLength", "name", "path"].into_iter();
        parts.filter_map(move |key| Some((format!("secrets.{name}.{key}"), declared.get(key)?)))
    })
}

/// The containers that start with another one, by its name: the name, and whether it runs only once.
fn dependents(configuration: &Configuration) -> BTreeMap<&str, Vec<(&str, bool)>> {
    let mut all: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (name, container) in self::all(configuration).filter(|(_, container)| is_started(container)) {
        let is_once = container["homeserver"]["restart"] == json!("no");
        for dependency in texts(&container["dependsOn"]) {
            all.entry(dependency).or_default().push((name, is_once));
        }
    }
    all.values_mut().for_each(|dependents| dependents.sort_unstable());
    all
}
