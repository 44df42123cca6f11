//! The systemd units of a host, with the properties that a switch decides by. Sources of the rules: NixOS's
//! switch-to-configuration-ng, and systemd.unit(5).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The units of a host, by name with the suffix.
pub type Units = BTreeMap<String, Unit>;

/// A unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unit {
    /// The values that its text is made of, by a path in the options. Two units with equal values have the same text. What
    /// NixOS ignores in a comparison (a description, `onFailure`) is absent.
    pub text: BTreeMap<String, Value>,
    /// The values whose change alone is a reload.
    pub reload: BTreeMap<String, Value>,
    /// The values whose change alone restarts it if a secret in them changed.
    pub may_restart: BTreeMap<String, Value>,
    /// The action of NixOS if its text changes.
    pub on_change: OnChange,
    /// True if it is active while the host runs. A job, and a container that is started by hand, are not.
    pub is_active: bool,
    /// The units that stop and restart it: `Requires=`, `BindsTo=`, `Requisite=` and `PartOf=`.
    pub bound_to: BTreeSet<String>,
    /// The units that start it: `WantedBy=` and `RequiredBy=`, and the `Wants=` and `Requires=` of other units.
    pub wanted_by: BTreeSet<String>,
}

/// The action of NixOS for a unit whose text changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnChange {
    /// It is stopped with the old text before the activation, and started at the end.
    #[default]
    StopAndStart,
    /// It is restarted at the end (`stopIfChanged = false`, and everything that is no service).
    Restart,
    /// It is reloaded (`reloadIfChanged`).
    Reload,
    /// It runs on with the old text (`restartIfChanged = false`).
    Nothing,
}

impl Unit {
    /// Adds the values of an option, each with its path, to the text.
    pub(crate) fn add(&mut self, path: impl Into<String>, value: &Value) {
        self.text.insert(path.into(), value.clone());
    }
}
