//! The parts of one kind as one JSON object. `docs/formats.md` describes it.

use serde::Serialize;

use super::{Inventory, Kind};
use crate::printable::printable_json;

/// The version of the format. Readers ignore unknown keys.
const VERSION: u64 = 1;

#[derive(Serialize)]
struct Versioned<'a, T> {
    version: u64,
    file: &'a str,
    kind: &'static str,
    items: &'a [T],
}

/// Renders the parts of a kind, with a line break at the end. `file` is the name of the file.
pub fn render(inventory: &Inventory, kind: Kind, file: &str) -> String {
    match kind {
        Kind::Ports => object(&inventory.ports, kind, file),
        Kind::Images => object(&inventory.images, kind, file),
        Kind::Secrets => object(&inventory.secrets, kind, file),
        Kind::Sites => object(&inventory.sites, kind, file),
        Kind::Jobs => object(&inventory.jobs, kind, file),
        Kind::Volumes => object(&inventory.volumes, kind, file),
    }
}

fn object<T: Serialize>(items: &[T], kind: Kind, file: &str) -> String {
    let object = Versioned { version: VERSION, file, kind: kind.name(), items };
    let text = serde_json::to_string_pretty(&object);
    printable_json(&text.expect("maps with text as keys are JSON")) + "\n"
}
