//! A plan as one JSON object. `docs/formats.md` describes it.

use serde::Serialize;

use super::Plan;
use crate::printable::printable_json;

/// The version of the format. Readers ignore unknown keys.
const VERSION: u64 = 1;

#[derive(Serialize)]
struct Versioned<'a> {
    version: u64,
    file: &'a str,
    #[serde(flatten)]
    plan: &'a Plan,
}

/// Renders a plan as one object with a line break at its end. `file` is the name of the file.
pub fn render(plan: &Plan, file: &str) -> String {
    let text = serde_json::to_string_pretty(&Versioned { version: VERSION, file, plan });
    printable_json(&text.expect("maps with text as keys are JSON")) + "\n"
}
