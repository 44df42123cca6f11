//! A plan as text for a terminal.

use std::collections::HashSet;
use std::fmt::Write;

use super::{Cause, PartChange, PartEffect, Plan, UnitChange, ValueChange};
use crate::effect::EffectKind;
use crate::printable::printable;

/// The changes that are in no plan.
pub(super) const UNSEEN: &str = "Not in this plan: options that your own configuration overrides, an update of nixpkgs, and another version of homegen.";

/// Renders a plan. `file` is the name of the file.
pub fn render(plan: &Plan, file: &str) -> String {
    let mut text = String::new();
    if plan.is_empty() {
        text.push_str("No changes.\n\n");
    }
    if !plan.data.is_empty() {
        text.push_str("Data at risk\n");
        for risk in &plan.data {
            let code = risk.code.map(|code| format!("{code} ")).unwrap_or_default();
            let place = risk.line.map(|line| format!(" ({}:{line})", printable(file))).unwrap_or_default();
            let _ = writeln!(text, "  {code}{}{place}", printable(&risk.message));
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
            for (reason, lines) in reasons(change) {
                let _ = writeln!(text, "  {:<16}   {}{}", "", printable(&reason), place(&lines));
            }
        }
        text.push('\n');
    }
    if !plan.parts.is_empty() {
        text.push_str("Ports, images, secrets, sites, jobs and volumes\n");
        for change in &plan.parts {
            let part = printable(&change.name);
            let _ = write!(text, "  {:<8} {:<8} {part}", change.kind, part_words(change.effect));
            let details = details(change).join("; ");
            let _ = writeln!(text, "{}{}", if details.is_empty() { "" } else { "  " }, printable(&details));
        }
        text.push('\n');
    }
    if !plan.options.is_empty() {
        text.push_str("Other options of NixOS, whose modules decide what happens\n");
        for change in &plan.options {
            let _ = writeln!(text, "  {}{}", printable(&value(change)), place(&change.lines));
        }
        text.push('\n');
    }
    text.push_str(&coverage(plan));
    text.push_str(UNSEEN);
    text.push('\n');
    text
}

/// The table of the paths that containers write to.
fn coverage(plan: &Plan) -> String {
    let rows = plan.coverage.iter().map(|path| {
        let cells = [&path.source, &path.container].map(|cell| printable(cell).into_owned());
        (cells, printable(&path.coverage.summary()).into_owned())
    });
    let rows: Vec<([String; 2], String)> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    let width =
        |column: usize| rows.iter().map(|(cells, _)| cells[column].chars().count()).max().unwrap_or_default();
    let (source, container) = (width(0).min(MAX_COLUMN), width(1).min(MAX_COLUMN));
    let mut text = "Data of containers, and its backups\n".to_owned();
    for (cells, coverage) in &rows {
        let _ = writeln!(text, "  {:<source$}  {:<container$}  {coverage}", cells[0], cells[1]);
    }
    text.push('\n');
    text
}

/// The width up to which columns are aligned.
const MAX_COLUMN: usize = 60;

/// An effect in words.
pub(super) fn words(effect: EffectKind) -> &'static str {
    match effect {
        EffectKind::Stopped => "stops",
        EffectKind::StoppedAndStarted => "stops, starts",
        EffectKind::Restarted => "restarts",
        EffectKind::Reloaded => "reloads",
        EffectKind::Started => "starts",
        EffectKind::MayRestart => "may restart",
        EffectKind::LeftAlone => "runs on as it is",
    }
}

/// The effect on a part in words.
pub(super) fn part_words(effect: PartEffect) -> &'static str {
    match effect {
        PartEffect::New => "new",
        PartEffect::Gone => "gone",
        PartEffect::Changed => "changes",
    }
}

/// The values of a changed part.
pub(super) fn details(change: &PartChange) -> Vec<String> {
    let one = |value: &ValueChange| match (&value.before, &value.after) {
        (Some(text), None) if change.effect == PartEffect::Gone => format!("{}: {text}", value.path),
        _ => self::value(value),
    };
    change.values.iter().map(one).collect()
}

/// The reasons and the consequences of a change, each with its lines in the file.
pub(super) fn reasons(change: &UnitChange) -> Vec<(String, Vec<usize>)> {
    let mut reasons = match &change.cause {
        Cause::New => vec![("new".to_owned(), change.lines.clone())],
        Cause::Gone => vec![("no longer in the file".to_owned(), Vec::new())],
        Cause::Follows(unit) => vec![(format!("because of {unit}"), Vec::new())],
        Cause::Changed(changes) => {
            let mut reasons: Vec<_> =
                changes.iter().map(|change| (value(change), change.lines.clone())).collect();
            let known: HashSet<usize> =
                changes.iter().flat_map(|change| change.lines.iter().copied()).collect();
            let others: Vec<usize> =
                change.lines.iter().copied().filter(|line| !known.contains(line)).collect();
            if !others.is_empty() {
                reasons.push(("changed in the file".to_owned(), others));
            }
            reasons
        }
    };
    reasons.extend(change.starts.iter().map(|job| {
        let why = "systemd makes up for a time that has passed since its last run";
        (format!("{job} may run in the switch: {why}"), Vec::new())
    }));
    reasons
}

/// Lines of the file after a reason: ` (line 3)`.
pub(super) fn place(lines: &[usize]) -> String {
    let numbers: Vec<String> = lines.iter().map(usize::to_string).collect();
    match numbers.as_slice() {
        [] => String::new(),
        [line] => format!(" (line {line})"),
        _ => format!(" (lines {})", numbers.join(", ")),
    }
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
