//! A plan as text for a terminal.

use std::fmt::Write;

use super::{Cause, Plan, UnitChange, ValueChange};
use crate::effect::EffectKind;
use crate::printable::printable;

/// The changes that are in no plan.
pub(super) const UNSEEN: &str = "Not in this plan: options that your own configuration overrides, an update of nixpkgs, and another version of homegen.";

/// Renders a plan. `file` is the name of the file.
pub fn render(plan: &Plan, file: &str) -> String {
    if plan.is_empty() {
        return format!("No changes.\n{UNSEEN}\n");
    }
    let mut text = String::new();
    if !plan.data.is_empty() {
        text.push_str("Data at risk\n");
        for risk in &plan.data {
            let _ = writeln!(
                text,
                "  {} {} ({}:{})",
                risk.code,
                printable(&risk.message),
                printable(file),
                risk.line
            );
            for line in risk.help.iter().flat_map(|help| help.lines()) {
                let _ = writeln!(text, "    {}", printable(line));
            }
        }
        text.push('\n');
    }
    if !plan.units.is_empty() {
        text.push_str("Units\n");
        for change in &plan.units {
            let _ = writeln!(text, "  {:<16} {}", words(change.effect), printable(&change.unit));
            for line in reasons(change) {
                let _ = writeln!(text, "  {:<16}   {}", "", printable(&line));
            }
        }
        text.push('\n');
    }
    if !plan.options.is_empty() {
        text.push_str("Other options of NixOS, whose modules decide what happens\n");
        for change in &plan.options {
            let _ = writeln!(text, "  {}", printable(&value(change)));
        }
        text.push('\n');
    }
    text.push_str(UNSEEN);
    text.push('\n');
    text
}

/// An effect in words.
pub(super) fn words(effect: EffectKind) -> &'static str {
    match effect {
        EffectKind::Stopped => "stops",
        EffectKind::StoppedAndStarted => "stops, starts",
        EffectKind::Restarted => "restarts",
        EffectKind::Reloaded => "reloads",
        EffectKind::Started => "starts",
        EffectKind::LeftAlone => "runs on as it is",
    }
}

/// The reasons and the consequences of a change, one a line.
pub(super) fn reasons(change: &UnitChange) -> Vec<String> {
    let mut lines: Vec<String> = match &change.cause {
        Cause::New => vec!["new".to_owned()],
        Cause::Gone => vec!["no longer in the file".to_owned()],
        Cause::Follows(unit) => vec![format!("because of {unit}")],
        Cause::Changed(changes) => changes.iter().map(value).collect(),
    };
    lines.extend(change.starts.iter().map(|job| {
        format!("{job} may run in the switch: systemd makes up for a time that has passed since its last run")
    }));
    lines
}

/// A changed value on one line.
pub(super) fn value(change: &ValueChange) -> String {
    match (&change.before, &change.after) {
        (None, None) => format!("{} changes", change.path),
        (Some(before), None) => format!("{}: without {before}", change.path),
        (None, Some(after)) => format!("{}: {after}", change.path),
        (Some(before), Some(after)) if before == after => format!("{} changes", change.path),
        (Some(before), Some(after)) => format!("{}: {before} → {after}", change.path),
    }
}
