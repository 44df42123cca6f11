//! Diagnostics as one JSON object, for editors and scripts. `docs/formats.md` describes it.

use serde::Serialize;

use super::region::{Position, Regions};
use super::{Diagnostic, Severity};
use crate::printable::printable_json;
use crate::source::Sources;

#[derive(Serialize)]
struct Report<'a> {
    file: &'a str,
    diagnostics: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'static str,
    severity: Severity,
    title: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    labels: Vec<Label<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixEntry<'a>>,
}

#[derive(Serialize)]
struct FixEntry<'a> {
    certain: bool,
    edits: Vec<EditEntry<'a>>,
}

#[derive(Serialize)]
struct EditEntry<'a> {
    start: Position,
    end: Position,
    text: &'a str,
}

#[derive(Serialize)]
struct Label<'a> {
    text: &'a str,
    start: Position,
    end: Position,
}

/// Renders `diagnostics` as one object with a line break at its end.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let regions = Regions::new(sources);
    let diagnostics = diagnostics.iter().map(|diagnostic| Entry {
        code: diagnostic.code.code(),
        severity: diagnostic.severity(),
        title: diagnostic.code.title(),
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        labels: regions
            .labels(diagnostic)
            .into_iter()
            .map(|(region, text)| Label { text, start: region.start, end: region.end })
            .collect(),
        fix: regions.fix(diagnostic).map(|(fix, edits)| FixEntry {
            certain: fix.is_certain,
            edits: edits
                .into_iter()
                .map(|(region, text)| EditEntry { start: region.start, end: region.end, text })
                .collect(),
        }),
    });
    let report = Report { file: &sources.file().name, diagnostics: diagnostics.collect() };
    printable_json(&serde_json::to_string_pretty(&report).expect("text and numbers are JSON")) + "\n"
}
