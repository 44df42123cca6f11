//! `homegen plan`

use std::path::PathBuf;

use clap::Args;
use homegen::deployment::Deployment;
use homegen::switch::switch;
use sha2::{Digest, Sha256};

use super::{Input, Stop, print_data};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The folder with the other version of the file
    #[arg(long, value_name = "DIR")]
    against: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let new = deployment(&arguments.input)?;
    let old = deployment(&Input { file: arguments.against.join("homeserver.yaml") })?;
    let effects = switch(&old.units, &new.units);
    let mut text = String::new();
    for (unit, effect) in effects {
        text.push_str(&format!("{unit}\t{:?}\t{:?}\n", effect.kind, effect.cause));
    }
    print_data(&text)
}

fn deployment(input: &Input) -> Result<Deployment, Stop> {
    let host = input.host()?;
    let here = input.folder();
    let hash = |path: &str| {
        let bytes = std::fs::read(here.join(path)).ok()?;
        Some(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    };
    homegen::deploy(host, &hash).map_err(|bug| Stop::Failed(bug.0))
}
