//! Units that sops-nix restarts if a decrypted value changed (`restartUnits`, which containers.nix of the output sets for
//! containers). Whether it did is known only on the host.

use std::collections::BTreeMap;

use serde_json::Value;

use super::container::{self, texts};
use crate::configuration::Configuration;
use crate::unit::Units;

pub(super) fn find(configuration: &Configuration, units: &mut Units) {
    let common = configuration.get(&["sops", "defaultSopsFile"]);
    let mut files: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut readers: Vec<(String, &str)> = Vec::new();
    for (name, secret) in configuration.attributes(&["sops", "secrets"]) {
        files.extend(secret.get("sopsFile").or(common).map(|file| (name, file)));
        readers.extend(texts(&secret["restartUnits"]).map(|unit| (unit.to_owned(), name)));
    }
    for (name, container) in container::all(configuration) {
        readers
            .extend(texts(&container["homeserver"]["secrets"]).map(|secret| (container::unit(name), secret)));
    }
    for (unit, secret) in readers {
        if let (Some(unit), Some(file)) = (units.get_mut(&unit), files.get(secret)) {
            unit.may_restart.insert(format!("secrets.{secret}.sopsFile"), (*file).clone());
        }
    }
}
