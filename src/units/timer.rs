//! Timers: those that the output declares, and the `startAt` of a service.

use crate::configuration::Configuration;
use crate::unit::{OnChange, Units};

/// The target of timers.
const TIMERS: &str = "timers.target";

pub(super) fn find(configuration: &Configuration, units: &mut Units) {
    for (name, service) in configuration.attributes(&["systemd", "services"]) {
        if let Some(at) = service.get("startAt") {
            let unit = units.entry(format!("{name}.timer")).or_default();
            unit.add(format!("systemd.services.{name}.startAt"), at);
            unit.wanted_by.insert(TIMERS.to_owned());
        }
    }
    for (name, timer) in configuration.attributes(&["systemd", "timers"]) {
        let unit = units.entry(format!("{name}.timer")).or_default();
        if let Some(settings) = timer.get("timerConfig") {
            unit.add(format!("systemd.timers.{name}.timerConfig"), settings);
        }
        super::explicit::relations(timer, unit);
    }
    for (_, unit) in units.iter_mut().filter(|(name, _)| name.ends_with(".timer")) {
        unit.is_active = !unit.wanted_by.is_empty();
        unit.on_change = OnChange::Restart;
    }
}
