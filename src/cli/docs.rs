//! `homegen docs`

use clap::Args;

use super::{Input, Stop, print};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let inventory = arguments.input.inventory()?;
    print(&homegen::docs::render(&inventory, None))
}
