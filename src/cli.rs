//! Command-line arguments, disk access and exit codes: 0 success; 1 the file has errors, the folder differs or the
//! requested item does not exist; 2 homegen could not do its work; 3 a plan is not empty.

mod against;
mod build;
mod check;
mod completions;
mod diff;
mod difference;
mod docs;
mod explain;
mod fix;
mod folder;
mod graph;
mod images;
mod import;
mod init;
mod list;
mod man;
mod map_path;
mod plan;
mod schema;
mod secrets;
mod watch;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::{Args, Parser, Subcommand};
use homegen::diag::{Bug, Diagnostic, Severity, human};
use homegen::file_context::{EncryptedFiles, FileContext};
use homegen::hir::Host;
use homegen::inventory::Inventory;
use homegen::lock::{self, Lock};
use homegen::output::{LastBuild, OutputLocation};
use homegen::printable::{printable, printable_lines};
use homegen::source::Sources;
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
    /// Compile the file into a folder of NixOS modules
    Build(build::Arguments),
    /// Report all problems in the file
    Check(check::Arguments),
    /// Print the completions of a shell
    Completions(completions::Arguments),
    /// Print what a build would change in the output folder, as a patch
    Diff(diff::Arguments),
    /// Print a page about the host: what runs, how to look after it, and what to do when it fails
    Docs(docs::Arguments),
    /// Explain a diagnostic code: its cause, its effect and the fix
    Explain(explain::Arguments),
    /// Draw the host: sites, services, networks, disks and backups
    Graph(graph::Arguments),
    /// Write the digests of all images into a lock file
    Images(images::Arguments),
    /// Convert a Compose file into a homeserver.yaml, and report what differs
    Import(import::Arguments),
    /// List the ports, images, secrets, sites, jobs or volumes of the host
    List(list::Arguments),
    /// Print the manual page of a command
    Man(man::Arguments),
    /// Print the host path of a path in a container
    MapPath(map_path::Arguments),
    /// Predict what a switch to the file changes on the host
    #[command(mut_arg("against_rev", |rev| rev.help("The Git revision of the file to compare with [default: HEAD]")))]
    Plan(plan::Arguments),
    /// Print the JSON Schema of homeserver.yaml, for editors
    Schema,
    /// Check, create and encrypt the files of secrets
    Secrets(secrets::Arguments),
    /// Write a starter homeserver.yaml
    Init(init::Arguments),
}

#[derive(Args)]
struct Input {
    /// The homeserver.yaml to read, or - for standard input
    #[arg(default_value = "homeserver.yaml")]
    file: PathBuf,
    /// The paths beside the file that the compiler asked for, each with true if it is a file.
    #[arg(skip)]
    asked: Mutex<BTreeMap<String, bool>>,
}

/// The reason that a run ends early.
enum Stop {
    /// The file has errors, the folder differs or the requested item does not exist. Already reported.
    Wrong,
    /// The plan is not empty.
    Changes,
    /// homegen could not do its work, with the message.
    Failed(String),
}

/// Reading one byte more is enough to report that the file is too large.
const MAX_BYTES: u64 = homegen::limits::MAX_BYTES as u64;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    run_with(std::env::args_os())
}

/// Runs a command line. Its first word is the name of the program.
fn run_with(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            if !error.use_stderr() {
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            // The message quotes the invalid argument, which may hold control characters.
            let _ = std::io::stderr().write_all(printable_lines(&error.render().to_string()).as_bytes());
            return ExitCode::from(2);
        }
    };
    let done = match cli.command {
        Command::Build(arguments) => build::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Docs(arguments) => docs::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Graph(arguments) => graph::run(&arguments),
        Command::Images(arguments) => images::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::List(arguments) => list::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
        Command::MapPath(arguments) => map_path::run(&arguments),
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Schema => schema::run(),
        Command::Secrets(arguments) => secrets::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Wrong) => ExitCode::from(1),
        Err(Stop::Changes) => ExitCode::from(3),
        Err(Stop::Failed(why)) => {
            complain(&why);
            ExitCode::from(2)
        }
    }
}

fn failed(action: impl std::fmt::Display, error: &std::io::Error) -> Stop {
    Stop::Failed(format!("{action}: {error}"))
}

/// Prints the reason of a failure to standard error.
fn complain(why: &str) {
    let _ = std::io::stderr().write_all(printable_lines(&format!("homegen: {why}\n")).as_bytes());
}

/// A path for a message, on one line.
fn shown(path: &Path) -> String {
    printable(&path.display().to_string()).into_owned()
}

/// Prints data to standard output: control characters escaped on a terminal, unchanged in a pipe.
fn print_data(text: &str) -> Result<(), Stop> {
    if std::io::stdout().is_terminal() { print(&printable_lines(text)) } else { print(text) }
}

/// Prints to standard output. A closed pipe is not an error: the reader has read enough.
fn print(text: &str) -> Result<(), Stop> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(failed("standard output", &error))
        }
        _ => Ok(()),
    }
}

impl Input {
    fn of(file: PathBuf) -> Input {
        Input { file, asked: Mutex::default() }
    }

    /// The file's name, or "standard input". Messages escape it with [`printable`].
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
                "{}: file not found; `homegen init` writes a starter file",
                printable(&self.name())
            ))),
            Err(error) => Err(failed(printable(&self.name()), &error)),
            Ok(_) if bytes.len() as u64 > MAX_BYTES => Err(Stop::Failed(format!(
                "{}: the file is larger than {} MiB",
                printable(&self.name()),
                MAX_BYTES >> 20
            ))),
            Ok(_) => Ok(bytes),
        }
    }

    /// The default output folder: `generated`, beside the file.
    fn default_output(&self) -> PathBuf {
        self.folder().join("generated")
    }

    /// The place of an output in `folder`, as the comments and paths of the output have it.
    fn location(&self, folder: &Path) -> OutputLocation {
        let name = self.file.file_name().map_or_else(|| self.name(), |n| n.to_string_lossy().into_owned());
        let source = if self.is_stdin() { "homeserver.yaml".to_owned() } else { name };
        OutputLocation { source, to_source: folder::relative_path(folder, &self.folder()) }
    }

    /// Compiles the file for an output in `folder`, and prints its diagnostics.
    fn compile(&self, folder: &Path) -> Result<Outcome, Stop> {
        let location = self.location(folder);
        let outcome =
            self.with_last_build(folder, |bytes, context| compile(&self.name(), bytes, &location, context))?;
        print_diagnostics(&outcome.diagnostics, &outcome.sources);
        Ok(outcome)
    }

    /// Reads, links and checks the file, and compares it with the last build in `folder`. Diagnostics call it `label`.
    fn check(&self, label: &str, folder: &Path) -> Result<Linked, Stop> {
        self.with_last_build(folder, |bytes, context| Ok(link(label, bytes, context)))
    }

    /// Runs `work` with the bytes of the file and its context. Reports a record of the last build in `folder`
    /// that cannot be read.
    fn with_last_build<T>(
        &self,
        folder: &Path,
        work: impl FnOnce(&[u8], &FileContext) -> Result<T, Bug>,
    ) -> Result<T, Stop> {
        let bytes = self.read()?;
        let last_build = folder::last_build(folder);
        if let LastBuild::Unreadable(why) = last_build {
            let path = folder.join(record::PATH);
            let _ = writeln!(
                std::io::stderr(),
                "homegen: {} {}: cannot compare with the last build, and no file is pruned; {}",
                printable(&path.display().to_string()),
                why.reason(),
                match why {
                    record::Unreadable::Version(_) => "use the version of homegen that wrote it",
                    _ => "restore the file, for example from Git",
                }
            );
        }
        let lock = self.lock()?;
        self.with_context(&last_build, lock.as_ref(), None, |context| work(&bytes, context))
    }

    /// Reads the file for a command that queries the host. Prints diagnostics only if an error prevents that;
    /// `homegen check` reports the rest.
    fn host(&self, lock: Option<&Lock>) -> Result<Host, Stop> {
        let bytes = self.read()?;
        let last_build = folder::last_build(&self.default_output());
        let linked =
            self.with_context(&last_build, lock, None, |context| Ok(link(&self.name(), &bytes, context)))?;
        linked.host.ok_or_else(|| {
            print_diagnostics(&linked.diagnostics, &linked.sources);
            Stop::Wrong
        })
    }

    /// The lock file beside the file, if there is one.
    fn lock(&self) -> Result<Option<Lock>, Stop> {
        // A file from standard input has no folder.
        if self.is_stdin() { Ok(None) } else { images::read(&self.folder().join(lock::PATH)) }
    }

    /// The parts of the host.
    fn inventory(&self) -> Result<(Host, Inventory), Stop> {
        let lock = self.lock()?;
        let name = self.file.file_name().filter(|_| !self.is_stdin());
        let name = name.map_or("homeserver.yaml".into(), |name| name.to_string_lossy());
        let host = self.host(lock.as_ref())?;
        let inventory = homegen::inventory(&host, &name);
        Ok((host, inventory))
    }

    /// Runs `work` with the context of the file: the paths beside it, its last build, its lock file and its encrypted
    /// files.
    fn with_context<T>(
        &self,
        last_build: &LastBuild,
        lock: Option<&Lock>,
        encrypted: Option<&dyn EncryptedFiles>,
        work: impl FnOnce(&FileContext) -> Result<T, Bug>,
    ) -> Result<T, Stop> {
        let here = self.folder();
        let exists = |path: &str| {
            let is_file = here.join(path).is_file();
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), is_file);
            is_file
        };
        let context = FileContext {
            lock,
            encrypted,
            // A file from standard input has no folder.
            exists: (!self.is_stdin()).then_some(&exists),
            last_build: match last_build {
                LastBuild::Read(record) => Some(record),
                LastBuild::Absent | LastBuild::Unreadable(_) => None,
            },
        };
        work(&context).map_err(|bug| {
            Stop::Failed(format!(
                "internal error; please report it, with the file that causes it:\n{}",
                bug.0
            ))
        })
    }
}

/// True if colors may be printed to a stream.
fn has_colors(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints diagnostics to standard error, with their number and the command that explains the first one.
fn print_diagnostics(diagnostics: &[Diagnostic], sources: &Sources) {
    // The diagnostics are in the order of the file, so a warning may come before the first error.
    let is_error = |d: &&Diagnostic| d.severity() == Severity::Error;
    let Some(first) = diagnostics.iter().find(is_error).or(diagnostics.first()) else { return };
    let mut error = std::io::stderr();
    let color = has_colors(&error);
    let text = human::render(diagnostics, sources, human::Style { width: terminal_width(), color });
    let _ = error.write_all(text.as_bytes());
    let count = |severity| diagnostics.iter().filter(|d| d.severity() == severity).count();
    let number = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let counted: Vec<String> = [Severity::Error, Severity::Warning]
        .into_iter()
        .map(|severity| (count(severity), severity.name()))
        .filter(|(n, _)| *n > 0)
        .map(|(n, noun)| number(n, noun))
        .collect();
    let _ = writeln!(
        error,
        "{} in {}; `homegen explain {}` explains the first {}",
        counted.join(" and "),
        printable(&sources.file().name),
        first.code.code(),
        first.severity().name()
    );
}

/// The width of the output: `COLUMNS`, the width of the terminal, or 100 columns. At least 40, because a snippet
/// does not fit in less.
fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).filter(|c| *c > 0);
    let terminal = || terminal_size_of(std::io::stderr()).map(|(Width(columns), _)| usize::from(columns));
    columns.or_else(terminal).unwrap_or(100).max(40)
}

#[cfg(test)]
mod tests {
    use std::io::BufRead;

    use super::*;

    /// `tests/it/growth.rs` runs this under valgrind, which translates the code of a process once.
    #[test]
    #[ignore = "reads command lines from standard input"]
    fn runs_each_command_line_of_standard_input() {
        for line in std::io::stdin().lock().lines() {
            let line = line.expect("text");
            let done = run_with(["homegen"].into_iter().chain(line.split(' ')).map(OsString::from));
            assert_ne!(done, ExitCode::from(2));
            // On a line of its own, after the output of the run.
            println!("\ndone");
        }
    }
}
