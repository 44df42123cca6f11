//! `homegen man`

use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use homegen::printable::printable;

use super::{Cli, Stop, failed, print, shown};

/// The exit codes of all commands.
const EXIT_CODES: &[(u8, &str)] = &[
    (0, "Success."),
    (1, "The file has errors, the output differs, or the requested item does not exist."),
    (2, "homegen could not do its work."),
    (3, "A plan is not empty, with --detailed-exitcode."),
];

#[derive(Args)]
pub(super) struct Arguments {
    /// The command, such as `build` or `images lock`; without it, the page of homegen itself
    command: Vec<String>,
    /// Write the pages of all commands into this folder, for packages
    #[arg(short, long, value_name = "DIR", conflicts_with = "command")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    // The command `help` would have a page for each command once more.
    let mut homegen = Cli::command().disable_help_subcommand(true);
    // Gives each command the name of its page, such as `homegen-images-lock`.
    homegen.build();
    if let Some(folder) = &arguments.output {
        std::fs::create_dir_all(folder).map_err(|error| failed(shown(folder), &error))?;
        return write_below(&homegen, folder);
    }
    let mut command = &homegen;
    for name in &arguments.command {
        command = command.find_subcommand(name).ok_or_else(|| {
            let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            let expected = match names.is_empty() {
                true => format!("`{}` has no commands", command.get_name()),
                false => format!("expected {}", names.join(", ")),
            };
            Stop::Failed(format!("`{}` is not a command; {expected}", printable(name)))
        })?;
    }
    print(&page(command).map_err(|error| failed("the page", &error))?)
}

/// Writes the pages of a command and of all commands below it.
fn write_below(command: &Command, folder: &Path) -> Result<(), Stop> {
    for command in command.get_subcommands() {
        write_below(command, folder)?;
    }
    let path = folder.join(Man::new(command.clone()).get_filename());
    page(command).and_then(|page| std::fs::write(&path, page)).map_err(|error| failed(shown(&path), &error))
}

/// The page of a command, in the macros of man(7).
fn page(command: &Command) -> std::io::Result<String> {
    let man = Man::new(command.clone());
    let title = man.get_filename().trim_end_matches(".1").to_uppercase();
    // The third argument is the date. The library would leave out an empty one, and shift the others.
    let version = env!("CARGO_PKG_VERSION");
    let mut page =
        format!(".TH \"{title}\" \"1\" \"\" \"homegen {version}\" \"homegen manual\"\n").into_bytes();
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut status = Roff::default();
    status.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        status.control("TP", []);
        status.text([roman(code.to_string())]);
        status.text([roman(*meaning)]);
    }
    status.to_writer(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
