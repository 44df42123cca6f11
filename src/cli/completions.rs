//! `homegen completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Stop, print};

#[derive(Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "homegen", &mut text);
    print(&String::from_utf8_lossy(&text))
}
