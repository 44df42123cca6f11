//! Pass: two [`deployment`](crate::deployment)s → what a switch from one to the other does.

pub mod human;
pub mod json;
pub mod markdown;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::configuration::Configuration;
use crate::deployment::Deployment;
use crate::diag::Diagnostic;
use crate::diag::region::Regions;
use crate::source::Sources;
use crate::switch::{self, Effect, EffectKind};
use crate::unit::Units;

/// What a switch does.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Data that would stay behind.
    pub data: Vec<Risk>,
    /// The units to which something happens, the longest interruption first.
    pub units: Vec<UnitChange>,
    /// The changes of other options of NixOS, whose modules decide what happens.
    pub options: Vec<ValueChange>,
}

/// Data that would stay behind.
#[derive(Debug, PartialEq, Serialize)]
pub struct Risk {
    /// The code of the diagnostic.
    pub code: &'static str,
    /// The problem.
    pub message: String,
    /// The action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The line of the file, from 1.
    pub line: usize,
}

/// A unit to which something happens.
#[derive(Debug, PartialEq, Serialize)]
pub struct UnitChange {
    /// The unit.
    pub unit: String,
    /// What happens.
    pub effect: EffectKind,
    /// Why.
    pub cause: Cause,
}

/// Why something happens to a unit.
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
}

impl Plan {
    /// True if a switch changes nothing.
    pub fn is_empty(&self) -> bool {
        self == &Plan::default()
    }
}

/// The plan of a switch from `old` to `new`. `diagnostics` are those of the new file, compared with the record of the old one.
pub fn plan(old: &Deployment, new: &Deployment, diagnostics: &[Diagnostic], sources: &Sources) -> Plan {
    let effects = switch::switch(&old.units, &new.units);
    let mut units: Vec<UnitChange> = effects
        .into_iter()
        .map(|(name, effect)| {
            let cause = cause(&name, &effect, &old.units, &new.units);
            UnitChange { unit: name, effect: effect.kind, cause }
        })
        .collect();
    units.sort_by_key(|change| change.effect);
    let regions = Regions::new(sources);
    let data = diagnostics.iter().filter(|diagnostic| diagnostic.code.code().starts_with(ABOUT_DATA));
    let data = data.map(|diagnostic| Risk {
        code: diagnostic.code.code(),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        line: regions.labels(diagnostic).first().map_or(1, |(region, _)| region.start.line),
    });
    Plan { data: data.collect(), units, options: other_options(&old.configuration, &new.configuration) }
}

/// The group of diagnostics that compare a file with the last build.
const ABOUT_DATA: &str = "HG16";

fn cause(name: &str, effect: &Effect, old: &Units, new: &Units) -> Cause {
    match &effect.cause {
        switch::Cause::New => Cause::New,
        switch::Cause::Gone => Cause::Gone,
        switch::Cause::Follows(unit) => Cause::Follows(unit.clone()),
        switch::Cause::Changed(paths) => {
            let mut changes = Vec::new();
            for path in paths {
                let value = |units: &Units| {
                    let unit = units.get(name)?;
                    unit.text.get(path).or_else(|| unit.reload.get(path)).cloned()
                };
                differences(path, value(old).as_ref(), value(new).as_ref(), &mut changes);
            }
            Cause::Changed(changes)
        }
    }
}

/// Collects the differences of two values: of the attributes of sets, of the items of lists.
fn differences(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<ValueChange>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                differences(&format!("{path}.{name}"), before.get(name), after.get(name), found);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            let mut gone = before.iter().filter(|item| !after.contains(item));
            let mut new = after.iter().filter(|item| !before.contains(item));
            loop {
                match (gone.next(), new.next()) {
                    (None, None) => break,
                    (before, after) => found.push(change(path, before, after)),
                }
            }
            if before.len() == after.len() && before.iter().all(|item| after.contains(item)) {
                found.push(change(path, None, None));
            }
        }
        (before, after) => found.push(change(path, before, after)),
    }
}

fn change(path: &str, before: Option<&Value>, after: Option<&Value>) -> ValueChange {
    let may_be_secret = path.split('.').any(|step| step == "environment") || path.ends_with(".hash");
    let shown = |value: Option<&Value>| value.filter(|_| !may_be_secret).and_then(shown);
    ValueChange { path: path.to_owned(), before: shown(before), after: shown(after) }
}

/// A value on one line.
fn shown(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) if !text.contains('\n') => text.clone(),
        Value::String(text) => format!("{} lines", text.lines().count()),
        Value::Object(object) => match object.get("number").and_then(Value::as_str) {
            Some(number) => number.to_owned(),
            None => value.to_string(),
        },
        value => value.to_string(),
    })
}

/// The options that units are made of, and those without an effect of their own.
const KNOWN: &[&str] = &[
    "age",
    "assertions",
    "environment.systemPackages",
    "homeserver",
    "networking.firewall",
    "secrets",
    "services.adguardhome",
    "services.caddy",
    "services.cloudflared",
    "services.haproxy",
    "services.postgresql",
    "services.redis",
    "services.tailscale",
    "sops",
    "systemd",
    "time",
    "virtualisation",
];

/// The differences of options from which no unit of the plan is made.
fn other_options(old: &Configuration, new: &Configuration) -> Vec<ValueChange> {
    let mut all = Vec::new();
    let names: BTreeSet<&String> = old.options.keys().chain(new.options.keys()).collect();
    for name in names {
        differences(name, old.options.get(name), new.options.get(name), &mut all);
    }
    let is_known = |path: &str| {
        KNOWN.iter().any(|known| path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    };
    all.retain(|change| !is_known(&change.path));
    all
}
