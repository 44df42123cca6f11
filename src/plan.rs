//! The changes of a switch from one host to another, and their formats.

pub mod human;
pub mod json;
pub mod markdown;

use serde::Serialize;

use crate::coverage::WritablePath;
use crate::effect::EffectKind;

/// The changes of a switch.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Data at risk.
    pub data: Vec<Risk>,
    /// The units to which something happens, the longest interruption first.
    pub units: Vec<UnitChange>,
    /// The changes of ports, images, secrets, sites, jobs and volumes.
    pub parts: Vec<PartChange>,
    /// The changes of other options of NixOS, whose modules decide what happens.
    pub options: Vec<ValueChange>,
    /// The paths that containers of the new host write to, each with the backups that save it.
    pub coverage: Vec<WritablePath>,
}

/// Data at risk.
#[derive(Debug, PartialEq, Serialize)]
pub struct Risk {
    /// The code, if a diagnostic reports it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The problem.
    pub message: String,
    /// The action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The line of the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// A unit to which something happens.
#[derive(Debug, PartialEq, Serialize)]
pub struct UnitChange {
    /// The unit.
    pub unit: String,
    /// The effect.
    pub effect: EffectKind,
    /// The cause.
    pub cause: Cause,
    /// The lines of the file with the changes of this unit, from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<usize>,
    /// The job that the unit may start in the switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts: Option<String>,
}

/// The cause of an effect on a unit.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The unit is new.
    New,
    /// The unit is gone.
    Gone,
    /// These values changed.
    Changed(Vec<ValueChange>),
    /// It follows this unit.
    Follows(String),
}

/// A change of a part of the host.
#[derive(Debug, PartialEq, Serialize)]
pub struct PartChange {
    /// The kind: `ports`, `images`, `secrets`, `sites`, `jobs` or `volumes`.
    pub kind: &'static str,
    /// The name in its kind: the address and the port, the container, the secret, the address of the site, the job, or the
    /// container with the path in it.
    pub name: String,
    /// The effect.
    pub effect: PartEffect,
    /// Its values, by the columns of `homegen list`: those that changed, or all.
    pub values: Vec<ValueChange>,
}

/// The kinds of changes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartEffect {
    /// It is new.
    New,
    /// It is gone.
    Gone,
    /// These values changed.
    Changed,
}

/// A changed value.
#[derive(Debug, PartialEq, Serialize)]
pub struct ValueChange {
    /// The path of the value.
    pub path: String,
    /// The value or the item of a list that is gone. Absent if there was none, or if it may be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The lines of the file whose change is this one, from 1. Empty if the value comes from no single line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<usize>,
}

impl Plan {
    /// True if a switch changes nothing.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty() && self.units.is_empty() && self.parts.is_empty() && self.options.is_empty()
    }
}
