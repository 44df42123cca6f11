//! Arguments, the disk, and exit codes: 0 done, 1 the file is wrong, the folder differs or what was asked for is not there, 2 homegen
//! could not do its work.

mod build;
mod check;
mod explain;
mod fix;
mod folder;
mod init;
mod map_path;
mod schema;

use std::ffi::OsString;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use homegen::diag::{Bug, Diagnostic, Severity, human};
use homegen::hir::Host;
use homegen::output::{LastBuild, Place};
use homegen::printable::{printable, printable_lines};
use homegen::source::Sources;
use homegen::surroundings::Surroundings;
use homegen::{Linked, Outcome, compile, link, record};
use terminal_size::{Width, terminal_size_of};

/// Compiles homeserver.yaml into NixOS modules.
#[derive(Parser)]
#[command(name = "homegen", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compile the file into a folder that is one NixOS module
    Build(build::Arguments),
    /// Say everything that is wrong with the file
    Check(check::Arguments),
    /// Say what a code means, why it is said, and what to do
    Explain(explain::Arguments),
    /// Say where a path of a container is on the host
    MapPath(map_path::Arguments),
    /// Print the JSON Schema of the language, for your editor
    Schema,
    /// Write a file to start from
    Init(init::Arguments),
}

#[derive(Args)]
struct Input {
    /// The file to compile, or - for standard input
    #[arg(default_value = "homeserver.yaml")]
    file: PathBuf,
}

/// What ends a run early.
enum Stop {
    /// The file is wrong, the folder differs, or what was asked for is not there. It has been said.
    Wrong,
    /// homegen could not do its work, and why.
    Failed(String),
}

/// More need not be read to say that it is too much.
const MAX_BYTES: u64 = homegen::limits::MAX_BYTES as u64;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    run_with(std::env::args_os())
}

/// Runs a command line, whose first word is the name of the program.
fn run_with(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            if !error.use_stderr() {
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            // An argument that could not be understood is in the message.
            let _ = std::io::stderr().write_all(printable_lines(&error.render().to_string()).as_bytes());
            return ExitCode::from(2);
        }
    };
    let done = match cli.command {
        Command::Build(arguments) => build::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::MapPath(arguments) => map_path::run(&arguments),
        Command::Schema => schema::run(),
        Command::Init(arguments) => init::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Wrong) => ExitCode::from(1),
        Err(Stop::Failed(why)) => {
            complain(&why);
            ExitCode::from(2)
        }
    }
}

fn failed(what: impl std::fmt::Display, error: &std::io::Error) -> Stop {
    Stop::Failed(format!("{what}: {error}"))
}

/// Prints to standard error why there is no result.
fn complain(why: &str) {
    let _ = std::io::stderr().write_all(printable_lines(&format!("homegen: {why}\n")).as_bytes());
}

/// A path as messages show it, on one line.
fn shown(path: &Path) -> String {
    printable(&path.display().to_string()).into_owned()
}

/// Prints data to standard output: with escapes for a terminal, and as it is for a program that reads it.
fn print_data(text: &str) -> Result<(), Stop> {
    if std::io::stdout().is_terminal() { print(&printable_lines(text)) } else { print(text) }
}

/// Prints to standard output. Whoever closed the pipe has read enough.
fn print(text: &str) -> Result<(), Stop> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(failed("standard output", &error))
        }
        _ => Ok(()),
    }
}

impl Input {
    /// The file's name, or words for standard input. What a person reads of it is [`printable`].
    fn name(&self) -> String {
        if self.is_stdin() { "standard input".to_owned() } else { self.file.display().to_string() }
    }

    fn is_stdin(&self) -> bool {
        self.file.as_os_str() == "-"
    }

    /// The folder of the file.
    fn folder(&self) -> PathBuf {
        match self.file.parent() {
            Some(parent) if !self.is_stdin() && !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        }
    }

    fn read(&self) -> Result<Vec<u8>, Stop> {
        let mut bytes = Vec::new();
        let read = if self.is_stdin() {
            std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)
        } else {
            std::fs::File::open(&self.file).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        };
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Stop::Failed(format!(
                "{}: there is no such file; `homegen init` writes one to start from",
                printable(&self.name())
            ))),
            Err(error) => Err(failed(printable(&self.name()), &error)),
            Ok(_) if bytes.len() as u64 > MAX_BYTES => {
                Err(Stop::Failed(format!("{}: more than {} MiB", printable(&self.name()), MAX_BYTES >> 20)))
            }
            Ok(_) => Ok(bytes),
        }
    }

    /// The output folder, where none is named: beside the file.
    fn default_output(&self) -> PathBuf {
        self.folder().join("generated")
    }

    /// Compiles the file for an output in `folder`, and tells a person what there is to say about it.
    fn compile(&self, folder: &Path) -> Result<Outcome, Stop> {
        let name = self.file.file_name().map_or_else(|| self.name(), |n| n.to_string_lossy().into_owned());
        let source = if self.is_stdin() { "homeserver.yaml".to_owned() } else { name };
        let place = Place { source, to_source: folder::way(folder, &self.folder()) };
        let outcome =
            self.compared(folder, |bytes, surroundings| compile(&self.name(), bytes, &place, surroundings))?;
        say(&outcome.diagnostics, &outcome.sources);
        Ok(outcome)
    }

    /// Reads, links and checks the file, and compares it with the last build in `folder`. Diagnostics call it `label`.
    fn check(&self, label: &str, folder: &Path) -> Result<Linked, Stop> {
        self.compared(folder, |bytes, surroundings| Ok(link(label, bytes, surroundings)))
    }

    /// Does `work` with the bytes of the file, and with what stands around it. A last build in `folder` that cannot be
    /// read is reported.
    fn compared<T>(
        &self,
        folder: &Path,
        work: impl FnOnce(&[u8], &Surroundings) -> Result<T, Bug>,
    ) -> Result<T, Stop> {
        let bytes = self.read()?;
        let last_build = folder::last_build(folder);
        if let LastBuild::Unreadable(why) = last_build {
            let path = folder.join(record::PATH);
            let _ = writeln!(
                std::io::stderr(),
                "homegen: {} {}: this run compares nothing with the last build, and prunes nothing; {}",
                printable(&path.display().to_string()),
                why.reason(),
                match why {
                    record::Unreadable::Version(_) => "use the homegen that wrote it",
                    _ => "restore the file, for example from Git",
                }
            );
        }
        self.surrounded(&last_build, |surroundings| work(&bytes, surroundings))
    }

    /// Reads the file for whoever asks about the host itself. A person hears only what is in the way of
    /// that: `homegen check` says the rest.
    fn host(&self) -> Result<Host, Stop> {
        let bytes = self.read()?;
        let last_build = folder::last_build(&self.default_output());
        let linked =
            self.surrounded(&last_build, |surroundings| Ok(link(&self.name(), &bytes, surroundings)))?;
        linked.host.ok_or_else(|| {
            say(&linked.diagnostics, &linked.sources);
            Stop::Wrong
        })
    }

    /// Does `work` with what stands around the file, whose output was last built so.
    fn surrounded<T>(
        &self,
        last_build: &LastBuild,
        work: impl FnOnce(&Surroundings) -> Result<T, Bug>,
    ) -> Result<T, Stop> {
        let here = self.folder();
        let exists = |path: &str| here.join(path).exists();
        let surroundings = Surroundings {
            // A file from standard input has no folder.
            exists: (!self.is_stdin()).then_some(&exists),
            last_build: match last_build {
                LastBuild::Read(record) => Some(record),
                LastBuild::Absent | LastBuild::Unreadable(_) => None,
            },
        };
        work(&surroundings).map_err(|bug| {
            Stop::Failed(format!(
                "a mistake of homegen's own, please report it with the file that shows it:\n{}",
                bug.0
            ))
        })
    }
}

/// Prints diagnostics to standard error, their number, and where to read more.
fn say(diagnostics: &[Diagnostic], sources: &Sources) {
    // The order is that of the file, and a warning may stand before what is in the way.
    let is_error = |d: &&Diagnostic| d.severity() == Severity::Error;
    let Some(first) = diagnostics.iter().find(is_error).or(diagnostics.first()) else { return };
    let mut error = std::io::stderr();
    let color = error.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let text = human::render(diagnostics, sources, human::Style { width: terminal_width(), color });
    let _ = error.write_all(text.as_bytes());
    let count = |severity| diagnostics.iter().filter(|d| d.severity() == severity).count();
    let number = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let counted: Vec<String> = [Severity::Error, Severity::Warning]
        .into_iter()
        .map(|severity| (count(severity), severity.name()))
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| number(n, what))
        .collect();
    let _ = writeln!(
        error,
        "{} in {}; `homegen explain {}` says more about the first {}",
        counted.join(" and "),
        printable(&sources.file().name),
        first.code.code(),
        first.severity().name()
    );
}

/// The columns to fill: `COLUMNS`, those of the terminal, or 100 where there is none. Below 40 a snippet has
/// no room.
fn terminal_width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).filter(|c| *c > 0);
    let real = || terminal_size_of(std::io::stderr()).map(|(Width(columns), _)| usize::from(columns));
    told.or_else(real).unwrap_or(100).max(40)
}

#[cfg(test)]
mod tests {
    use std::io::BufRead;

    use super::*;

    /// What `tests/it/growth.rs` runs within valgrind, which translates the code of a process once.
    #[test]
    #[ignore = "reads command lines from standard input"]
    fn runs_each_command_line_of_standard_input() {
        for line in std::io::stdin().lock().lines() {
            let line = line.expect("text");
            let done = run_with(["homegen"].into_iter().chain(line.split(' ')).map(OsString::from));
            assert_ne!(done, ExitCode::from(2));
            // On a line of its own, after what the run prints.
            println!("\ndone");
        }
    }
}
