//! Pass: two [`deployment`](crate::deployment)s and the [`effect`](crate::effect)s of a switch → the
//! [`plan`](crate::plan).

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use crate::configuration::Configuration;
use crate::deployment::Deployment;
use crate::diag::Diagnostic;
use crate::diag::region::Regions;
use crate::effect::{self, Effect, Effects};
use crate::plan::{Cause, Plan, Risk, UnitChange, ValueChange};
use crate::source::Sources;
use crate::unit::Units;

/// The plan of a switch from `old` to `new`, with its effects. `diagnostics` are those of the new file, compared with the record
/// of the old one.
pub(crate) fn compare(
    old: &Deployment,
    new: &Deployment,
    effects: Effects,
    diagnostics: &[Diagnostic],
    sources: &Sources,
) -> Plan {
    let mut units: Vec<UnitChange> = effects
        .into_iter()
        .map(|(name, effect)| {
            let cause = cause(&name, &effect, &old.units, &new.units);
            let starts = made_up_job(&name, &effect, &new.units);
            UnitChange { unit: name, effect: effect.kind, cause, starts }
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
        effect::Cause::New => Cause::New,
        effect::Cause::Gone => Cause::Gone,
        effect::Cause::Follows(unit) => Cause::Follows(unit.clone()),
        effect::Cause::Changed(paths) => {
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

/// The job of a timer whose changed time systemd may count as missed: it compares the time with the last run, and a host that
/// has been up for longer than `RandomizedDelaySec=` starts the job at once (systemd.timer(5), `Persistent=`).
fn made_up_job(timer: &str, effect: &Effect, units: &Units) -> Option<String> {
    let name = timer.strip_suffix(".timer")?;
    let unit = units.get(timer)?;
    let has_new_time = matches!(&effect.cause, effect::Cause::Changed(paths) if paths.iter().any(|p| p.ends_with(".startAt")));
    let is_persistent = unit.text.values().any(|settings| settings["Persistent"] == Value::Bool(true));
    (has_new_time && is_persistent).then(|| format!("{name}.service"))
}

/// Collects the differences of two values: of the attributes of sets, of the items of lists.
fn differences<'v>(
    path: &str,
    before: Option<&'v Value>,
    after: Option<&'v Value>,
    found: &mut Vec<ValueChange>,
) {
    match (before, after) {
        (before, after) if before == after => {}
        (before, after) if [before, after].into_iter().flatten().all(is_set) => {
            let attributes = |value: Option<&'v Value>| value.and_then(Value::as_object);
            let names = [before, after].into_iter().filter_map(attributes).flat_map(Map::keys);
            for name in names.collect::<BTreeSet<&String>>() {
                let value = |of: Option<&'v Value>| of.and_then(|of| of.get(name));
                differences(&format!("{path}.{name}"), value(before), value(after), found);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            let texts = |items: &[Value]| items.iter().map(Value::to_string).collect::<HashSet<String>>();
            let (old, new) = (texts(before), texts(after));
            let mut gone = before.iter().filter(|item| !new.contains(&item.to_string()));
            let mut added = after.iter().filter(|item| !old.contains(&item.to_string()));
            let first = found.len();
            loop {
                match (gone.next(), added.next()) {
                    (None, None) => break,
                    (before, after) => found.push(change(path, before, after)),
                }
            }
            // Only the order changed.
            if found.len() == first {
                found.push(change(path, None, None));
            }
        }
        (before, after) => found.push(change(path, before, after)),
    }
}

/// True for a set that is not an expression.
fn is_set(value: &Value) -> bool {
    value.as_object().is_some_and(|set| !set.is_empty() && !set.keys().any(|key| key.starts_with('$')))
}

fn change(path: &str, before: Option<&Value>, after: Option<&Value>) -> ValueChange {
    let may_be_secret = path.split('.').any(|step| step == "environment") || path.ends_with(".$hash");
    let shown = |value: Option<&Value>| value.filter(|_| !may_be_secret).and_then(shown);
    ValueChange { path: path.to_owned(), before: shown(before), after: shown(after) }
}

/// A value on one line.
fn shown(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) if !text.contains('\n') => text.clone(),
        Value::String(text) => format!("{} lines", text.lines().count()),
        Value::Object(object) => match object.get("$number").and_then(Value::as_str) {
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
    others("", &old.options, &new.options, &mut all);
    all
}

/// Collects the differences of sets below `path`, without the known options.
fn others(path: &str, old: &Map<String, Value>, new: &Map<String, Value>, found: &mut Vec<ValueChange>) {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if KNOWN.contains(&path.as_str()) {
            continue;
        }
        let below = format!("{path}.");
        match (old.get(name), new.get(name)) {
            (Some(Value::Object(old)), Some(Value::Object(new)))
                if KNOWN.iter().any(|known| known.starts_with(&below)) =>
            {
                others(&path, old, new, found);
            }
            (old, new) => differences(&path, old, new, found),
        }
    }
}
