//! `homegen build`

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use homegen::output::{Change, Existing, LastBuild, Refusal, Update, is_marked, plan};
use homegen::printable::{printable, printable_lines};
use homegen::record;
use similar::TextDiff;

use super::difference::of_change;
use super::folder::{Folder, Plan};
use super::{Input, Stop, has_colors, print, print_data, shown, watch};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The output folder [default: generated, beside the file]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write nothing; print the changes, and exit with 1 if there are any
    #[arg(long, conflicts_with = "stdout")]
    check: bool,
    /// Print the files instead of writing them
    #[arg(long)]
    stdout: bool,
    /// Overwrite generated files that were changed by hand since the last build
    #[arg(long, conflicts_with_all = ["check", "stdout"])]
    force: bool,
    /// Build again at each change of the file and of the files beside it that it uses, until Ctrl-C
    #[arg(long, conflicts_with_all = ["check", "stdout"])]
    watch: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    match arguments.watch {
        true => watch::run(&arguments.input, || build(arguments)),
        false => build(arguments),
    }
}

fn build(arguments: &Arguments) -> Result<(), Stop> {
    let out = arguments.output.clone().unwrap_or_else(|| arguments.input.default_output());
    let outcome = arguments.input.compile(&out)?;
    let Some(files) = outcome.files else { return Err(Stop::Wrong) };
    if arguments.stdout {
        // Nothing is built, so there is no build to record.
        let files = files.iter().filter(|file| file.path != record::PATH);
        let text: String = files.map(|f| format!("# {}\n{}\n", f.path, f.text)).collect();
        return print_data(&format!("{}\n", text.trim_end_matches('\n')));
    }
    let folder = if arguments.check { Folder::to_read(&out)? } else { Folder::to_write(&out)? };
    let existing = folder.read()?;
    // With `--check` a file that was changed by hand is a difference, and nothing is overwritten.
    let plan = plan(files, &existing, arguments.force || arguments.check);
    refuse(&out, &plan, &existing)?;
    let changed = plan.values().filter(|change| !change.is_none()).count();
    if arguments.check {
        if changed == 0 {
            return print(&format!("{}: up to date\n", shown(&out)));
        }
        // Without a previous build there is nothing to compare with.
        if !plan.values().all(|change| matches!(change, Change::Create(_))) {
            // The record changes with every other file and adds no information.
            for (path, change) in plan.iter().filter(|(path, _)| changed == 1 || *path != record::PATH) {
                print(&printable_lines(&of_change(path, change, existing.get(path))))?;
            }
        }
        let _ = writeln!(std::io::stderr(), "homegen: {} is out of date; run `homegen build`", shown(&out));
        return Err(Stop::Wrong);
    }
    let is_inside = folder.is_current();
    let replaced = folder.write(&plan)?;
    report(&out, &plan, changed)?;
    report_left(&out, &plan, &existing);
    if replaced && is_inside {
        print("the folder was replaced, and your shell is still in the old one: run `cd \"$PWD\"`\n")?;
    }
    Ok(())
}

/// Ends the run if a file may not be overwritten, with the reason and the action for each. Prints the difference
/// for a file that was changed by hand.
pub(super) fn refuse(out: &Path, plan: &Plan, existing: &BTreeMap<String, Existing>) -> Result<(), Stop> {
    let (mut foreign, mut edited, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (path, change) in plan {
        let Change::Refuse(refusal) = change else { continue };
        let paths = match refusal {
            Refusal::Foreign => &mut foreign,
            Refusal::Edited(_) => &mut edited,
            Refusal::Unknown(_) => &mut unknown,
        };
        paths.push(path.as_str());
        print(&printable_lines(&of_change(path, change, existing.get(path))))?;
    }
    let unreadable = match LastBuild::of(existing) {
        LastBuild::Unreadable(why) => why.reason(),
        LastBuild::Absent | LastBuild::Read(_) => String::new(),
    };
    let them = if foreign.len() == 1 { "it" } else { "them" };
    let reasons = [
        (
            foreign,
            format!("homegen did not generate {them}"),
            "move it away, or choose another folder with -o".to_owned(),
        ),
        (
            edited,
            "changed by hand since the last build".to_owned(),
            "make the change in homeserver.yaml (`nixos:` takes every NixOS option), or discard it with --force"
                .to_owned(),
        ),
        (
            unknown,
            format!("possibly changed by hand: {} {unreadable}", record::PATH),
            format!("restore {}, for example from Git, or overwrite the files with --force", record::PATH),
        ),
    ];
    let refusals: Vec<String> = reasons
        .into_iter()
        .filter(|(paths, ..)| !paths.is_empty())
        .map(|(paths, why, help)| {
            let paths: Vec<String> = paths.iter().map(|path| shown(&out.join(path))).collect();
            format!("refusing to overwrite {}: {why}\n{help}", paths.join(", "))
        })
        .collect();
    if refusals.is_empty() { Ok(()) } else { Err(Stop::Failed(refusals.join("\n"))) }
}

/// Reports generated files that are not part of the output and were not deleted.
fn report_left(out: &Path, plan: &Plan, existing: &BTreeMap<String, Existing>) {
    let mut left: Vec<&str> =
        plan.iter().filter(|(_, change)| **change == Change::Keep).map(|(path, _)| path.as_str()).collect();
    let mut why = "they were changed by hand";
    if !matches!(LastBuild::of(existing), LastBuild::Read(_)) {
        why = "there is no record of the last build, so they may not be homegen's";
        left.extend(existing.iter().filter_map(|(path, existing)| {
            let Existing::File(bytes) = existing else { return None };
            // A deeper folder may be the output of another homeserver.yaml.
            let is_output = path.split_once('/').is_none_or(|(folder, _)| OUTPUT_FOLDERS.contains(&folder));
            (is_output && is_marked(path, bytes) && !plan.contains_key(path)).then_some(path.as_str())
        }));
    }
    if !left.is_empty() {
        let _ = writeln!(
            std::io::stderr(),
            "homegen: unused generated files in {} were not deleted, because {why}: {}",
            shown(out),
            printable(&left.join(", "))
        );
    }
}

/// The folders in the output folder.
const OUTPUT_FOLDERS: &[&str] = &["clients", "jobs", "scripts", "services"];

fn report(out: &Path, plan: &Plan, changed: usize) -> Result<(), Stop> {
    if changed == 0 {
        return print(&format!("{}: up to date, {} files\n", shown(out), plan.len()));
    }
    let color = has_colors(&std::io::stdout());
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
            Change::Prune => ("-", "31", "unused".to_owned()),
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
