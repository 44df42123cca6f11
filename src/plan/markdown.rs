//! A plan as Markdown, for a comment on a pull request: the summary first, and the details folded.

use std::fmt::Write;

use super::Plan;
use super::human::{UNSEEN, details, part_words, place, reasons, value, words as in_words};
use crate::effect::EffectKind;
use crate::markdown::{code, words};

/// Renders a plan. `file` is the name of the file.
pub fn render(plan: &Plan, file: &str) -> String {
    let mut text = String::new();
    for risk in &plan.data {
        let line = risk.line.map(|line| format!("{}:{line}", code(file)));
        let notes: Vec<String> = risk.code.map(str::to_owned).into_iter().chain(line).collect();
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
        let _ = writeln!(text, "- **{}**{notes}", escaped(&risk.message));
        for line in risk.help.iter().flat_map(|help| help.lines()) {
            let _ = writeln!(text, "  {}", escaped(line));
        }
    }
    if !plan.data.is_empty() {
        text.push('\n');
    }
    if plan.is_empty() {
        text.push_str("No changes.\n\n");
    } else {
        let counted: Vec<String> = EFFECTS
            .iter()
            .map(|effect| (effect, plan.units.iter().filter(|change| change.effect == *effect).count()))
            .filter(|(_, count)| *count > 0)
            .map(|(effect, count)| format!("{}: {count}", in_words(*effect)))
            .collect();
        let counted = if counted.is_empty() { "No unit changes.".to_owned() } else { counted.join(", ") };
        let _ = writeln!(text, "{counted}\n");
    }
    if !plan.units.is_empty() {
        text.push_str("<details><summary>Units</summary>\n\n");
        for change in &plan.units {
            let _ = writeln!(text, "- {} {}", in_words(change.effect), code(&change.unit));
            for (reason, lines) in reasons(change) {
                let _ = writeln!(text, "  - {}{}", code(&reason), place(&lines));
            }
        }
        text.push_str("\n</details>\n\n");
    }
    if !plan.parts.is_empty() {
        text.push_str("<details><summary>Ports, images, secrets, sites, jobs and volumes</summary>\n\n");
        for change in &plan.parts {
            let effect = part_words(change.effect);
            let details: Vec<String> = details(change).iter().map(|line| code(line)).collect();
            let _ =
                writeln!(text, "- {} {effect} {} {}", change.kind, code(&change.name), details.join(", "));
        }
        text.push_str("\n</details>\n\n");
    }
    if !plan.options.is_empty() {
        text.push_str(
            "<details><summary>Other options of NixOS, whose modules decide what happens</summary>\n\n",
        );
        for change in &plan.options {
            let _ = writeln!(text, "- {}{}", code(&value(change)), place(&change.lines));
        }
        text.push_str("\n</details>\n\n");
    }
    text.push_str(&coverage(plan));
    let _ = writeln!(text, "<sub>{UNSEEN}</sub>");
    text
}

/// The table of the paths that containers write to, with the number of those without a backup in its summary.
fn coverage(plan: &Plan) -> String {
    let without = plan.coverage.iter().filter(|path| path.coverage.is_incomplete()).count();
    let mut text = match plan.coverage.len() {
        0 => return String::new(),
        paths => {
            format!("<details><summary>Data of containers: {paths}, not backed up: {without}</summary>\n\n")
        }
    };
    text.push_str("| Path | Container | Backup |\n|---|---|---|\n");
    for path in &plan.coverage {
        let summary = path.coverage.summary();
        let cells = [&path.source, &path.container, &summary].map(|text| cell(text));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text.push_str("\n</details>\n\n");
    text
}

/// The effects, in the order of a summary.
const EFFECTS: [EffectKind; 7] = [
    EffectKind::Stopped,
    EffectKind::StoppedAndStarted,
    EffectKind::Restarted,
    EffectKind::Reloaded,
    EffectKind::Started,
    EffectKind::MayRestart,
    EffectKind::LeftAlone,
];

/// A message in which only its code spans are Markdown. If others than homegen's own words could be outside of them, all of it
/// is code: GitHub makes mentions and references of the rendered text, where a backslash is gone.
fn escaped(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let is_paired = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|part| !part.is_empty());
    let is_plain = |part: &&&str| !part.contains(['@', '#', '<', '[']) && !part.contains("www.");
    if !is_paired || text.contains("``") || !parts.iter().step_by(2).all(|part| is_plain(&part)) {
        return code(text);
    }
    let part = |(at, part): (usize, &&str)| if at % 2 == 1 { code(part) } else { words(part) };
    parts.iter().enumerate().map(part).collect()
}

/// A text in a cell of a table, as code. A pipe would end the cell, also in code.
fn cell(text: &str) -> String {
    code(&text.replace('|', "\\|"))
}
