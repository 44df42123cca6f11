//! `homegen check`

use clap::Args;

use super::{Input, Stop, print};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Fail on warnings too
    #[arg(long)]
    deny_warnings: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let outcome = arguments.input.compile(&arguments.input.default_output())?;
    if outcome.files.is_none() || (arguments.deny_warnings && !outcome.diagnostics.is_empty()) {
        return Err(Stop::Wrong);
    }
    if outcome.diagnostics.is_empty() {
        print(&format!("{}: nothing to say\n", arguments.input.name()))?;
    }
    Ok(())
}
