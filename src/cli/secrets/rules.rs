//! `homegen secrets rules`

use std::path::{Path, PathBuf};

use clap::Args;
use homegen::nixos::Encoding;
use homegen::output::is_marked;

use crate::cli::{Input, Stop, failed, print, print_data, shown};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The file to write, such as secrets/secrets.nix, in place of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let text = text(&arguments.input)?;
    let Some(path) = &arguments.output else { return print_data(&text) };
    match std::fs::read(path) {
        Ok(old) if old == text.as_bytes() => return print(&format!("{}: up to date\n", shown(path))),
        Ok(old) if !is_marked("secrets.nix", &old) => {
            return Err(Stop::Failed(format!(
                "refusing to overwrite {}: homegen did not generate it",
                shown(path)
            )));
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(failed(shown(path), &error));
        }
        _ => {}
    }
    replace(path, text.as_bytes()).map_err(|error| failed(shown(path), &error))?;
    print(&format!("{}: written\n", shown(path)))
}

/// The rules for the file.
pub(super) fn text(input: &Input) -> Result<String, Stop> {
    let host = input.host(None)?;
    let source =
        input.file.file_name().map_or_else(|| input.name(), |name| name.to_string_lossy().into_owned());
    if !host.has_recipients() {
        return Err(Stop::Failed(
            "no secret of agenix has recipients; add `recipients` to `agenix`".to_owned(),
        ));
    }
    homegen::agenix_rules(&host, &source, &|_| Some(Encoding::Binary))
        .map_err(|bug| Stop::Failed(format!("internal error; please report it:\n{}", bug.0)))
}

/// Replaces a file in one step.
fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    super::files::write(path, text)?.persist(path)?;
    Ok(())
}
