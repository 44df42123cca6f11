//! Pass: two [`deployment`](crate::deployment)s and the [`effect`](crate::effect)s of a switch → the
//! [`plan`](crate::plan).

mod parts;

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use crate::configuration::Configuration;
use crate::deployment::Deployment;
use crate::diag::Diagnostic;
use crate::diag::region::Regions;
use crate::edit::{Edit, Edits, edits_at};
use crate::effect::{self, Effect, Effects};
use crate::plan::{Cause, Plan, Risk, UnitChange, ValueChange};
use crate::unit::Units;

/// The plan of a switch from `old` to `new`, with its effects, the edits of the file, and the risks. `diagnostics` are those of the new file,
/// compared with the record of the old one.
pub(crate) fn compare(
    old: &Deployment,
    new: &Deployment,
    effects: Effects,
    edits: &Edits,
    risks: Vec<Risk>,
    diagnostics: &[Diagnostic],
    regions: &Regions,
) -> Plan {
    let all: Vec<&Edit> = edits.values().collect();
    let mut units: Vec<UnitChange> = effects
        .into_iter()
        .map(|(name, effect)| {
            let origins = [&old.origins, &new.origins].map(|all| all.get(&name));
            let paths: Vec<&Vec<String>> = origins.into_iter().flatten().flatten().collect();
            let own: Vec<&Edit> = edits_at(&paths, edits).into_iter().map(|(_, edit)| edit).collect();
            let cause =
                cause(&name, &effect, [&old.units, &new.units], if paths.is_empty() { &all } else { &own });
            let lines = lines(&cause, &own);
            let starts = made_up_job(&name, &effect, &new.units);
            UnitChange { unit: name, effect: effect.kind, cause, lines, starts }
        })
        .collect();
    units.sort_by_key(|change| change.effect);
    let data = diagnostics.iter().filter(|diagnostic| diagnostic.code.code().starts_with(ABOUT_DATA));
    let data = data.map(|diagnostic| Risk {
        code: Some(diagnostic.code.code()),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        line: regions.labels(diagnostic).first().map(|(region, _)| region.start.line),
    });
    let options = other_options(&old.configuration, &new.configuration);
    let edits = if options.len() * all.len() > MAX_COMPARED { &[][..] } else { &all };
    let options = options.into_iter().map(|difference| difference.shown(edits)).collect();
    Plan {
        data: data.chain(risks).collect(),
        units,
        parts: parts::compare(&old.inventory, &new.inventory),
        options,
        coverage: new.coverage.clone(),
    }
}

/// The group of diagnostics that compare a file with the last build.
const ABOUT_DATA: &str = "HG16";

/// The most pairs of a changed value and an edit that are compared to find the lines of a unit.
const MAX_COMPARED: usize = 20_000;

/// The cause of an effect on a unit. `edits` are those that it may come from.
fn cause(name: &str, effect: &Effect, units: [&Units; 2], edits: &[&Edit]) -> Cause {
    match &effect.cause {
        effect::Cause::New => Cause::New,
        effect::Cause::Gone => Cause::Gone,
        effect::Cause::Follows(unit) => Cause::Follows(unit.clone()),
        effect::Cause::Changed(paths) => {
            let mut differences = Vec::new();
            for path in paths {
                let [before, after] = units.map(|units| {
                    let unit = units.get(name)?;
                    [&unit.text, &unit.reload, &unit.may_restart]
                        .into_iter()
                        .find_map(|values| values.get(path))
                });
                collect(path, before, after, &mut differences);
            }
            // The time would grow with the square of the changes of one unit, such as systemd-tmpfiles-resetup.service.
            let edits = if differences.len() * edits.len() > MAX_COMPARED { &[] } else { edits };
            Cause::Changed(differences.into_iter().map(|difference| difference.shown(edits)).collect())
        }
    }
}

/// The lines of the file that a unit's cause comes from. `own` are the edits of the unit's values: if a change has none of their
/// words, they may all be its cause.
fn lines(cause: &Cause, own: &[&Edit]) -> Vec<usize> {
    let lines: BTreeSet<usize> = match cause {
        Cause::New => own.first().map(|edit| edit.line).into_iter().collect(),
        Cause::Gone | Cause::Follows(_) => BTreeSet::new(),
        Cause::Changed(changes) if changes.iter().any(|change| change.lines.is_empty()) => {
            own.iter().map(|edit| edit.line).collect()
        }
        Cause::Changed(changes) => changes.iter().flat_map(|change| change.lines.iter().copied()).collect(),
    };
    lines.into_iter().collect()
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

/// Two values at one path, or two items of lists there.
struct Difference {
    path: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl Difference {
    /// The difference for a reader, with the lines of those `edits` that have its words.
    fn shown(self, edits: &[&Edit]) -> ValueChange {
        let texts = [&self.before, &self.after].map(|value| value.as_ref().map(text).unwrap_or_default());
        let mut lines: Vec<usize> =
            edits.iter().filter(|edit| edit.explains(&texts[0], &texts[1])).map(|edit| edit.line).collect();
        lines.sort_unstable();
        lines.dedup();
        let may_be_secret = may_be_secret(&self.path, &texts);
        let shown = |value: Option<Value>| value.filter(|_| !may_be_secret).as_ref().and_then(shown);
        let (before, after) = match (shown(self.before), shown(self.after)) {
            (Some(before), Some(after)) => {
                let [before, after] = shortened(&before, &after);
                (Some(before), Some(after))
            }
            other => other,
        };
        ValueChange { path: self.path, before, after, lines }
    }
}

/// True if a value may have a value of an environment: by its path, by an attribute in it, or as an argument of Podman.
fn may_be_secret(path: &str, texts: &[String; 2]) -> bool {
    let is_variable = |text: &String| {
        let name = text.split('=').next().unwrap_or_default();
        path.ends_with("extraOptions")
            && (text.starts_with("--env")
                || text.starts_with("-e")
                || !name.starts_with('-') && text.contains('='))
    };
    let names_environment =
        |text: &String| text.contains('{') && text.to_ascii_lowercase().contains("environment");
    path.ends_with(".$hash")
        || path.to_ascii_lowercase().split('.').any(|step| step == "environment")
        || texts.iter().any(|text| is_variable(text) || names_environment(text))
}

/// The text of a value, in which the words of the file are.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Collects the differences of two values: of the attributes of sets, of the items of lists.
fn collect(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    let difference = |before: Option<&Value>, after: Option<&Value>| Difference {
        path: path.to_owned(),
        before: before.cloned(),
        after: after.cloned(),
    };
    match (before, after) {
        (before, after) if before == after => {}
        (before, after) if [before, after].into_iter().flatten().all(is_set) => {
            let [before, after] = [before, after].map(|value| value.and_then(Value::as_object));
            let names: BTreeSet<&String> =
                [before, after].into_iter().flatten().flat_map(Map::keys).collect();
            for name in names {
                let [before, after] = [before, after].map(|set| set.and_then(|set| set.get(name)));
                collect(&format!("{path}.{name}"), before, after, found);
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
                    (before, after) => found.push(difference(before, after)),
                }
            }
            // Only the order changed.
            if found.len() == first {
                found.push(difference(None, None));
            }
        }
        (before, after) => found.push(difference(before, after)),
    }
}

/// True for a set that is not an expression.
fn is_set(value: &Value) -> bool {
    value.as_object().is_some_and(|set| !set.is_empty() && !set.keys().any(|key| key.starts_with('$')))
}

/// The length above which only the different part of two texts is shown.
const LONG: usize = 80;

/// The number of equal characters that are shown before the different part.
const CONTEXT: usize = 24;

/// Two texts without the long parts at their beginnings and ends that are equal.
fn shortened(before: &str, after: &str) -> [String; 2] {
    if before.len().max(after.len()) <= LONG {
        return [before.to_owned(), after.to_owned()];
    }
    let [before, after] = [before, after].map(|text| text.chars().collect::<Vec<char>>());
    let same = |(a, b): &(&char, &char)| a == b;
    let start = before.iter().zip(&after).take_while(same).count();
    let rest = before.len().min(after.len()) - start;
    let equal = before.iter().rev().zip(after.iter().rev()).take_while(same).count().min(rest);
    // The end begins between words: `90` and `30` differ in more than a digit.
    let end = before[before.len() - equal..].iter().position(|c| !c.is_alphanumeric());
    let end = end.map_or(0, |within| equal - within);
    [before, after].map(|text| {
        let from = start.saturating_sub(CONTEXT);
        let part: String = text[from..text.len() - end].iter().collect();
        let (open, close) = (if from > 0 { "…" } else { "" }, if end > 0 { "…" } else { "" });
        format!("{open}{part}{close}")
    })
}

/// A value on one line.
fn shown(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) if !text.contains('\n') => text.clone(),
        Value::String(text) => format!("{} lines", text.lines().count()),
        Value::Object(object) => {
            let part = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
            let call = || {
                let words = object.get("$of")?.as_array()?.iter().filter_map(shown);
                Some(words.collect::<Vec<String>>().join(" "))
            };
            let code = ["$number", "$file", "$path", "$nix"]
                .into_iter()
                .find_map(part)
                .filter(|_| !object.contains_key("$of"));
            code.or_else(call).unwrap_or_else(|| value.to_string())
        }
        value => value.to_string(),
    })
}

/// The options that units are made of, and those without an effect of their own.
const KNOWN: &[&str] = &[
    "age.secrets",
    "environment.systemPackages",
    "homeserver",
    "networking.firewall",
    "secrets",
    "services.adguardhome",
    "services.caddy",
    "services.cloudflared.tunnels",
    "services.haproxy",
    "services.postgresql",
    "services.redis.servers",
    "services.restic.backups",
    "services.tailscale",
    "sops.defaultSopsFile",
    "sops.secrets",
    "systemd.services",
    "systemd.slices",
    "systemd.timers",
    "systemd.tmpfiles",
    "time.timeZone",
    "virtualisation.oci-containers",
    "virtualisation.podman.dockerSocket",
];

/// The differences of options from which no unit of the plan is made.
fn other_options(old: &Configuration, new: &Configuration) -> Vec<Difference> {
    let mut all = Vec::new();
    others("", &old.options, &new.options, &mut all);
    all
}

/// Collects the differences of sets below `path`, without the known options.
fn others(path: &str, old: &Map<String, Value>, new: &Map<String, Value>, found: &mut Vec<Difference>) {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if KNOWN.contains(&path.as_str()) {
            continue;
        }
        let below = format!("{path}.");
        let empty = Map::new();
        let [before, after] = [old, new].map(|all| match all.get(name) {
            None => Some(&empty),
            Some(value) => value.as_object(),
        });
        match (before, after) {
            (Some(old), Some(new)) if KNOWN.iter().any(|known| known.starts_with(&below)) => {
                others(&path, old, new, found);
            }
            _ => collect(&path, old.get(name), new.get(name), found),
        }
    }
}
