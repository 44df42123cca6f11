//! `homegen graph`

use clap::{Args, ValueEnum};
use homegen::graph::{mermaid, picture, svg};

use super::{Input, Stop, print_data};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
}

/// The format of a picture.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A flowchart of Mermaid, which GitHub and Forgejo show in Markdown
    Mermaid,
    /// A picture for browsers
    Svg,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let graph = picture(&arguments.input.host(None)?);
    print_data(&match arguments.format {
        Format::Mermaid => mermaid::render(&graph),
        Format::Svg => svg::render(&graph),
    })
}
