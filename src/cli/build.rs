//! `homegen build`

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use homegen::output::{Change, plan};
use similar::TextDiff;

use super::folder::{Folder, Plan};
use super::{Input, Stop, print};

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
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let out = arguments.output.clone().unwrap_or_else(|| arguments.input.default_output());
    let outcome = arguments.input.compile(&out)?;
    let Some(files) = outcome.files else { return Err(Stop::Wrong) };
    if arguments.stdout {
        let text: String = files.iter().map(|f| format!("# {}\n{}\n", f.path, f.text)).collect();
        return print(text.trim_end_matches('\n')).and_then(|()| print("\n"));
    }
    let folder = if arguments.check { Folder::to_read(&out)? } else { Folder::to_write(&out)? };
    let plan = plan(files, &folder.read()?);
    let refused: Vec<&str> =
        plan.iter().filter(|(_, c)| **c == Change::Refuse).map(|(p, _)| p.as_str()).collect();
    if !refused.is_empty() {
        return Err(Stop::Failed(format!(
            "{} holds what homegen did not write, and would not overwrite: {}\nmove it away, or choose another folder with -o",
            out.display(),
            refused.join(", ")
        )));
    }
    let changed = plan.values().filter(|c| **c != Change::Unchanged).count();
    if arguments.check {
        if changed == 0 {
            return print(&format!("{}: up to date\n", out.display()));
        }
        // Where nothing was built yet there is nothing to compare.
        if !plan.values().all(|change| matches!(change, Change::Create(_))) {
            for (path, change) in &plan {
                print(&difference(path, change))?;
            }
        }
        let _ = writeln!(
            std::io::stderr(),
            "homegen: {} is not what the file says; run `homegen build`",
            out.display()
        );
        return Err(Stop::Wrong);
    }
    let around_us = folder.is_around_us();
    let replaced = folder.write(&plan)?;
    report(&out, &plan, changed)?;
    if replaced && around_us {
        print("you are in the folder that was here before: `cd \"$PWD\"` shows the new one\n")?;
    }
    Ok(())
}

fn report(out: &Path, plan: &Plan, changed: usize) -> Result<(), Stop> {
    if changed == 0 {
        return print(&format!("{}: up to date, {} files\n", out.display(), plan.len()));
    }
    let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let mut text = format!("{}:\n", out.display());
    for (path, change) in plan {
        let (sign, paint, lines) = match change {
            Change::Create(new) => ("+", "32", format!("{} lines", new.lines().count())),
            Change::Update { old, new } => {
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
            Change::Unchanged | Change::Refuse => continue,
        };
        let sign = if color { format!("\u{1b}[{paint}m{sign}\u{1b}[0m") } else { sign.to_owned() };
        text.push_str(&format!("  {sign} {path} ({lines})\n"));
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
        Change::Update { old, new } => (old.as_str(), new.as_str()),
        Change::Prune => return format!("- {path}: no longer needed\n"),
        Change::Unchanged | Change::Refuse => return String::new(),
    };
    TextDiff::from_lines(old, new)
        .unified_diff()
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}
