//! Pass: two hosts' [`unit`](crate::unit)s → the [`effect`](crate::effect)s of a switch. It follows NixOS's switch-to-configuration-ng:
//! the units to stop are stopped with their old texts, then the new configuration is activated, and then units are reloaded,
//! restarted and started with their new texts. systemd adds the units that are bound to those.
//!
//! It assumes that every unit runs that runs by itself, and that none fails.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::effect::{Cause, Effect, EffectKind, Effects};
use crate::unit::{OnChange, Unit, Units};

/// Predicts the switch from `old` to `new`.
pub(crate) fn switch<'a>(old: &'a Units, new: &'a Units) -> Effects {
    let mut effects = Effects::new();
    let mut stopped: BTreeMap<&'a str, Cause> = BTreeMap::new();
    let mut restarted: BTreeMap<&'a str, Cause> = BTreeMap::new();
    for (name, before) in old {
        let Some(after) = new.get(name) else {
            if before.is_active {
                stopped.insert(name, Cause::Gone);
            }
            continue;
        };
        let changed = || Cause::Changed(differing(before, after));
        if before.text != after.text {
            match on_change(name, after) {
                // NixOS looks only at units that run. The next start has the new text.
                Some(_) if !before.is_active => {
                    effects.insert(name.clone(), Effect { kind: EffectKind::LeftAlone, cause: changed() });
                }
                Some(OnChange::StopAndStart) => {
                    stopped.insert(name, changed());
                }
                Some(OnChange::Restart) => {
                    restarted.insert(name, changed());
                }
                Some(OnChange::Reload) => {
                    effects.insert(name.clone(), Effect { kind: EffectKind::Reloaded, cause: changed() });
                }
                Some(OnChange::Nothing) => {
                    effects.insert(name.clone(), Effect { kind: EffectKind::LeftAlone, cause: changed() });
                }
                None => {}
            }
        } else if before.is_active && is_reloaded(before, after) {
            let cause = Cause::Changed(paths(&before.reload, &after.reload));
            effects.insert(name.clone(), Effect { kind: EffectKind::Reloaded, cause });
        } else if before.is_active && before.may_restart != after.may_restart {
            let cause = Cause::Changed(paths(&before.may_restart, &after.may_restart));
            effects.insert(name.clone(), Effect { kind: EffectKind::MayRestart, cause });
        }
    }
    follow(old, &mut stopped, |unit| unit.is_active);
    follow(new, &mut restarted, |unit| unit.is_active);
    let mut running: BTreeSet<&str> =
        old.iter().filter(|(_, unit)| unit.is_active).map(|(name, _)| name.as_str()).collect();
    running.retain(|name| !stopped.contains_key(name));
    let started = started(new, &running, &stopped);
    for (name, cause) in restarted {
        if running.contains(name) {
            effects.insert(name.to_owned(), Effect { kind: EffectKind::Restarted, cause });
        }
    }
    for (name, cause) in &stopped {
        let kind = match started.contains_key(name) {
            true => EffectKind::StoppedAndStarted,
            false => EffectKind::Stopped,
        };
        effects.insert((*name).to_owned(), Effect { kind, cause: cause.clone() });
    }
    for (name, by) in started {
        if stopped.contains_key(name) {
            continue;
        }
        let cause = match by {
            Some(by) if old.contains_key(name) => Cause::Follows(by.to_owned()),
            _ => Cause::New,
        };
        effects.insert(name.to_owned(), Effect { kind: EffectKind::Started, cause });
    }
    effects
}

/// The action of NixOS for a unit whose text changed, by its kind. `None` if there is none.
fn on_change(name: &str, unit: &Unit) -> Option<OnChange> {
    match name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("path" | "slice" | "socket" | "target") => None,
        Some("timer" | "mount") => Some(OnChange::Restart),
        _ => Some(unit.on_change),
    }
}

/// True if only triggers of a reload changed. A trigger that is gone is none.
fn is_reloaded(before: &Unit, after: &Unit) -> bool {
    !after.reload.is_empty() && before.reload != after.reload
}

fn differing(before: &Unit, after: &Unit) -> Vec<String> {
    let mut all = paths(&before.text, &after.text);
    all.extend(paths(&before.reload, &after.reload));
    all
}

/// The paths whose values differ.
fn paths(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

/// Adds the units that are bound to units of `those`, transitively.
fn follow<'a>(units: &'a Units, those: &mut BTreeMap<&'a str, Cause>, is_meant: impl Fn(&Unit) -> bool) {
    let mut bound: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    for (name, unit) in units.iter().filter(|(_, unit)| is_meant(unit)) {
        for to in &unit.bound_to {
            bound.entry(to).or_default().push(name);
        }
    }
    let mut open: Vec<&str> = those.keys().copied().collect();
    while let Some(next) = open.pop() {
        for name in bound.get(next).into_iter().flatten() {
            if !those.contains_key(name) {
                those.insert(name, Cause::Follows(next.to_owned()));
                open.push(name);
            }
        }
    }
}

/// The units of the new configuration that do not run and are started: those that were stopped because they changed, and those
/// that an active target, or a unit that is started, wants; each with the unit that wants it.
fn started<'a>(
    new: &'a Units,
    running: &BTreeSet<&str>,
    stopped: &BTreeMap<&'a str, Cause>,
) -> BTreeMap<&'a str, Option<&'a str>> {
    let is_active = |target: &str| match new.get(target) {
        None => SYSTEM_TARGETS.contains(&target),
        Some(_) => target.ends_with(".target") && running.contains(target),
    };
    let mut wants: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    let mut all: BTreeMap<&'a str, Option<&'a str>> = BTreeMap::new();
    for (name, unit) in new {
        for by in &unit.wanted_by {
            wants.entry(by).or_default().push(name);
            if is_active(by) && !running.contains(name.as_str()) {
                all.entry(name).or_insert(Some(by));
            }
        }
        if matches!(stopped.get(name.as_str()), Some(Cause::Changed(_))) {
            all.insert(name, None);
        }
    }
    let mut open: Vec<&'a str> = all.keys().copied().collect();
    while let Some(next) = open.pop() {
        for name in wants.get(next).into_iter().flatten() {
            if !running.contains(name) && !all.contains_key(name) {
                all.insert(name, Some(next));
                open.push(name);
            }
        }
    }
    all
}

/// The targets that every switch starts, with the units that they want.
const SYSTEM_TARGETS: &[&str] = &[
    "multi-user.target",
    "sysinit-reactivation.target",
    "timers.target",
    "sockets.target",
    "local-fs.target",
    "remote-fs.target",
];
