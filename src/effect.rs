//! The effects of a switch on units.

use std::collections::BTreeMap;

use serde::Serialize;

/// The effect of a switch on a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The kind.
    pub kind: EffectKind,
    /// The cause.
    pub cause: Cause,
}

/// The kinds of effects, the longest interruption first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// It is stopped, and not started again.
    Stopped,
    /// It is down from the beginning of the switch until its end, and then runs anew.
    StoppedAndStarted,
    /// It is restarted at the end.
    Restarted,
    /// It is reloaded, and keeps running.
    Reloaded,
    /// It did not run, and is started.
    Started,
    /// It is restarted if the value of a secret in a changed file changed.
    MayRestart,
    /// Its text changed, and it keeps running with the old text.
    LeftAlone,
}

/// The cause of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The unit is new.
    New,
    /// The unit is gone.
    Gone,
    /// These options changed, by their paths.
    Changed(Vec<String>),
    /// This unit stops, restarts or starts, and the unit follows.
    Follows(String),
}

/// The effects of a switch, by unit. Units to which nothing happens are absent.
pub type Effects = BTreeMap<String, Effect>;
