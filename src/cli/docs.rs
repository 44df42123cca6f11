//! `homegen docs`

use clap::Args;
use homegen::graph::{mermaid, picture};

use super::{Input, Stop, print};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let (host, inventory) = arguments.input.inventory()?;
    let graph = picture(&host);
    let chart = mermaid::is_shown(&graph).then(|| mermaid::render(&graph));
    print(&homegen::docs::render(&inventory, chart.as_deref()))
}
