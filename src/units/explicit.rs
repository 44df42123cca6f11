//! Units whose options the output sets below `systemd.services`: units of homegen, and additions to units of NixOS.

use serde_json::{Value, json};

use super::container::texts;
use crate::configuration::Configuration;
use crate::unit::{OnChange, Unit, Units};

/// The attributes that NixOS does not compare (switch-to-configuration-ng, `UNIT_SECTION_IGNORES` and `[Install]`), and those
/// that are not part of the text.
const IGNORED: &[&str] = &[
    "description",
    "documentation",
    "enable",
    "onFailure",
    "onSuccess",
    "reloadIfChanged",
    "reloadTriggers",
    "requiredBy",
    "restartIfChanged",
    "startAt",
    "stopIfChanged",
    "upheldBy",
    "wantedBy",
];

pub(super) fn find(configuration: &Configuration, units: &mut Units) {
    for (name, service) in configuration.attributes(&["systemd", "services"]) {
        let unit = units.entry(format!("{name}.service")).or_default();
        for (key, value) in service.as_object().into_iter().flatten() {
            if !IGNORED.contains(&key.as_str()) {
                unit.add(format!("systemd.services.{name}.{key}"), value);
            }
        }
        if let Some(triggers) = service.get("reloadTriggers") {
            unit.reload.insert(format!("systemd.services.{name}.reloadTriggers"), triggers.clone());
        }
        unit.on_change = match service {
            _ if service["reloadIfChanged"] == json!(true) => OnChange::Reload,
            _ if service["restartIfChanged"] == json!(false) => OnChange::Nothing,
            _ if service["stopIfChanged"] == json!(false) => OnChange::Restart,
            _ => OnChange::StopAndStart,
        };
        relations(service, unit);
        let settings = &service["serviceConfig"];
        let is_job = settings["Type"] == json!("oneshot") && settings["RemainAfterExit"] != json!(true);
        // An instance of a template is no unit before it is started.
        unit.is_active = !is_job && !name.ends_with('@');
    }
}

/// The relations to other units that the attributes of a unit define.
pub(super) fn relations(attributes: &Value, unit: &mut Unit) {
    for key in ["requires", "bindsTo", "requisite", "partOf"] {
        unit.bound_to.extend(texts(&attributes[key]).map(str::to_owned));
    }
    for key in ["wantedBy", "requiredBy"] {
        unit.wanted_by.extend(texts(&attributes[key]).map(str::to_owned));
    }
}
