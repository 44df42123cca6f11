//! `homegen build`

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use homegen::output::{Change, Existing, LastBuild, Refusal, Update, is_marked, plan};
use homegen::printable::{printable, printable_lines};
use homegen::record;
use similar::TextDiff;

use super::folder::{Folder, Plan};
use super::{Input, Stop, print, print_data, shown};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The output folder [default: generated, beside the file]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write nothing, show what would change, and fail if anything would
    #[arg(long, conflicts_with = "stdout")]
    check: bool,
    /// Print the files instead of writing them
    #[arg(long)]
    stdout: bool,
    /// Overwrite generated files that somebody changed since the last build
    #[arg(long, conflicts_with_all = ["check", "stdout"])]
    force: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let out = arguments.output.clone().unwrap_or_else(|| arguments.input.default_output());
    let outcome = arguments.input.compile(&out)?;
    let Some(files) = outcome.files else { return Err(Stop::Wrong) };
    if arguments.stdout {
        // No build is made that a record could be of.
        let files = files.iter().filter(|file| file.path != record::PATH);
        let text: String = files.map(|f| format!("# {}\n{}\n", f.path, f.text)).collect();
        return print_data(&format!("{}\n", text.trim_end_matches('\n')));
    }
    let folder = if arguments.check { Folder::to_read(&out)? } else { Folder::to_write(&out)? };
    let existing = folder.read()?;
    // What somebody changed is a difference, and nothing is overwritten.
    let plan = plan(files, &existing, arguments.force || arguments.check);
    refuse(&out, &plan, &existing)?;
    let changed = plan.values().filter(|change| !change.is_none()).count();
    if arguments.check {
        if changed == 0 {
            return print(&format!("{}: up to date\n", shown(&out)));
        }
        // Where nothing was built yet there is nothing to compare.
        if !plan.values().all(|change| matches!(change, Change::Create(_))) {
            // The record changes with every other file, and shows nothing that they do not.
            for (path, change) in plan.iter().filter(|(path, _)| changed == 1 || *path != record::PATH) {
                print(&printable_lines(&difference(path, change)))?;
            }
        }
        let _ = writeln!(
            std::io::stderr(),
            "homegen: {} is not what the file says; run `homegen build`",
            shown(&out)
        );
        return Err(Stop::Wrong);
    }
    let around_us = folder.is_around_us();
    let replaced = folder.write(&plan)?;
    report(&out, &plan, changed)?;
    report_left(&out, &plan, &existing);
    if replaced && around_us {
        print("you are in the folder that was here before: `cd \"$PWD\"` shows the new one\n")?;
    }
    Ok(())
}

/// Ends the run where a file cannot be written, and says for each reason what to do. Of a file that somebody changed, it shows
/// what would be overwritten.
fn refuse(out: &Path, plan: &Plan, existing: &BTreeMap<String, Existing>) -> Result<(), Stop> {
    let (mut foreign, mut edited, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (path, change) in plan {
        let Change::Refuse(refusal) = change else { continue };
        let paths = match refusal {
            Refusal::Foreign => &mut foreign,
            Refusal::Edited(_) => &mut edited,
            Refusal::Unknown(_) => &mut unknown,
        };
        paths.push(path.as_str());
        print(&printable_lines(&difference(path, change)))?;
    }
    let unread = match LastBuild::of(existing) {
        LastBuild::Unreadable(why) => why.reason(),
        LastBuild::Absent | LastBuild::Read(_) => String::new(),
    };
    let reasons = [
        (
            foreign,
            "homegen did not generate".to_owned(),
            "move it away, or choose another folder with -o".to_owned(),
        ),
        (
            edited,
            "changed since homegen generated them".to_owned(),
            "make the change in the YAML (`nixos:` takes every option of NixOS), or discard it with --force"
                .to_owned(),
        ),
        (
            unknown,
            format!("somebody may have changed: {} {unread}", record::PATH),
            format!("restore {}, for example from Git, or overwrite the files with --force", record::PATH),
        ),
    ];
    let said: Vec<String> = reasons
        .into_iter()
        .filter(|(paths, ..)| !paths.is_empty())
        .map(|(paths, why, help)| {
            let paths = printable(&paths.join(", ")).into_owned();
            format!("refusing to overwrite files in {} that {why}: {paths}\n{help}", shown(out))
        })
        .collect();
    if said.is_empty() { Ok(()) } else { Err(Stop::Failed(said.join("\n"))) }
}

/// Names generated files that are not part of the output any more, and were not deleted.
fn report_left(out: &Path, plan: &Plan, existing: &BTreeMap<String, Existing>) {
    let mut left: Vec<&str> =
        plan.iter().filter(|(_, change)| **change == Change::Keep).map(|(path, _)| path.as_str()).collect();
    let mut why = "changed since homegen generated them";
    if !matches!(LastBuild::of(existing), LastBuild::Read(_)) {
        why = "may be somebody's: there is no record of the last build";
        left.extend(existing.iter().filter_map(|(path, existing)| {
            let Existing::File(bytes) = existing else { return None };
            // What lies deeper may be the output of another file.
            let is_place = path.split_once('/').is_none_or(|(folder, _)| PLACES.contains(&folder));
            (is_place && is_marked(path, bytes) && !plan.contains_key(path)).then_some(path.as_str())
        }));
    }
    if !left.is_empty() {
        let _ = writeln!(
            std::io::stderr(),
            "homegen: files in {} that are no longer needed were not deleted, because they {why}: {}",
            shown(out),
            printable(&left.join(", "))
        );
    }
}

/// The folders of the output.
const PLACES: &[&str] = &["clients", "jobs", "scripts", "services"];

fn report(out: &Path, plan: &Plan, changed: usize) -> Result<(), Stop> {
    if changed == 0 {
        return print(&format!("{}: up to date, {} files\n", shown(out), plan.len()));
    }
    let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let mut text = format!("{}:\n", shown(out));
    for (path, change) in plan {
        let (sign, paint, lines) = match change {
            Change::Create(new) => ("+", "32", format!("{} lines", new.lines().count())),
            Change::Update(Update { old, new }) => {
                let diff = TextDiff::from_lines(old.as_str(), new.as_str());
                let count = |tag| diff.iter_all_changes().filter(|c| c.tag() == tag).count();
                (
                    "~",
                    "33",
                    format!(
                        "{} added, {} removed",
                        count(similar::ChangeTag::Insert),
                        count(similar::ChangeTag::Delete)
                    ),
                )
            }
            Change::Prune => ("-", "31", "no longer needed".to_owned()),
            Change::Unchanged | Change::Keep | Change::Refuse(_) => continue,
        };
        let sign = if color { format!("\u{1b}[{paint}m{sign}\u{1b}[0m") } else { sign.to_owned() };
        text.push_str(&format!("  {sign} {} ({lines})\n", printable(path)));
    }
    let same = plan.len() - changed;
    if same > 0 {
        text.push_str(&format!("  {same} unchanged\n"));
    }
    print(&text)
}

fn difference(path: &str, change: &Change) -> String {
    let (old, new) = match change {
        Change::Create(new) => ("", new.as_str()),
        Change::Update(Update { old, new })
        | Change::Refuse(Refusal::Edited(Update { old, new }) | Refusal::Unknown(Update { old, new })) => {
            (old.as_str(), new.as_str())
        }
        Change::Prune => return format!("- {path}: no longer needed\n"),
        Change::Unchanged | Change::Keep | Change::Refuse(Refusal::Foreign) => return String::new(),
    };
    TextDiff::from_lines(old, new)
        .unified_diff()
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}
