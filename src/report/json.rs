//! The report as one JSON object, for programs. `docs/formats.md` describes it.

use serde::Serialize;
use serde_json::{Value, json};

use super::ImportedSecret;
use super::{Mapped, Report};
use crate::diag::region::Regions;
use crate::diag::{Diagnostic, Severity};
use crate::printable::printable_json;
use crate::project::{Origin, Project};
use crate::source::{SourceId, Sources};

/// A line of the report.
#[derive(Serialize)]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    path: String,
    line: usize,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    text: String,
}

/// The output of an import.
#[derive(Debug, Default)]
pub struct Output<'a> {
    /// The path of the file. `None` if the project is refused.
    pub written: Option<String>,
    /// The path of the folder with the secrets and the script.
    pub folder: Option<String>,
    /// The name of the script in the folder that moves the data.
    pub script: Option<String>,
    /// The secrets that the file declares.
    pub secrets: &'a [ImportedSecret],
}

/// Renders a report as one object with a line break at its end. `errors` are the mistakes of the Compose files, or of the
/// written file at the places of the Compose files.
pub fn render(
    report: &Report,
    project: Option<&Project>,
    diagnostics: &[Diagnostic],
    output: &Output,
    sources: &Sources,
) -> String {
    let regions = Regions::new(sources);
    let lines = Lines::new(sources);
    let file = |source: SourceId| (source != SourceId::FILE).then(|| sources.get(source).name.as_str());
    let mut entries = Vec::new();
    for line in &report.lines {
        let text =
            line.detail.as_ref().map_or(line.cause.clone(), |detail| format!("{}: {detail}", line.cause));
        let place = line.origin.zip(project);
        entries.push(Entry {
            file: place.and_then(|(origin, project)| file(project.origins.place(origin).at.source)),
            path: place.map(|(origin, project)| project.origins.path(origin)).unwrap_or_default(),
            line: place.map_or(1, |(origin, project)| lines.of(origin, project)),
            kind: line.kind.word(),
            code: None,
            text,
        });
    }
    // Without a project, the mistakes of the Compose files are the reason.
    if project.is_none() {
        for diagnostic in diagnostics.iter().filter(|one| one.severity() == Severity::Error) {
            entries.push(Entry {
                file: None,
                path: String::new(),
                line: regions.labels(diagnostic).first().map_or(1, |(region, _)| region.start.line),
                kind: super::Kind::Refused.word(),
                code: Some(diagnostic.code.code()),
                text: diagnostic.message.clone(),
            });
        }
    }
    let mapped = project.map(|project| {
        let mapped = report.mapped.iter().map(|one| mapped(one, project, &lines, &file));
        mapped.collect::<Vec<Value>>()
    });
    let object = json!({
        "written": output.written,
        "folder": output.folder,
        "secrets": output.secrets.iter().map(secret).collect::<Vec<Value>>(),
        "report": entries,
        "mapped": mapped.unwrap_or_default(),
    });
    printable_json(&serde_json::to_string_pretty(&object).expect("text and numbers are JSON")) + "\n"
}

/// A secret without its content.
fn secret(secret: &ImportedSecret) -> Value {
    json!({
        "name": secret.name,
        "has_content": secret.content.is_some(),
        "format": if secret.is_env { "env" } else { "plain" },
    })
}

fn mapped<'a>(
    one: &Mapped,
    project: &Project,
    lines: &Lines,
    file: &impl Fn(SourceId) -> Option<&'a str>,
) -> Value {
    let mut value = json!({
        "path": project.origins.path(one.origin),
        "line": lines.of(one.origin, project),
    });
    if let Some(name) = file(project.origins.place(one.origin).at.source) {
        value["file"] = name.into();
    }
    match &one.to {
        Ok(path) => value["to"] = path.to_string().into(),
        Err(why) => {
            value["to"] = Value::Null;
            value["why"] = (*why).into();
        }
    }
    value
}

/// The line starts of all sources.
pub(super) struct Lines(Vec<Vec<usize>>);

impl Lines {
    pub(super) fn new(sources: &Sources) -> Lines {
        let starts = |text: &str| {
            let ends = text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).collect()
        };
        Lines(sources.all().map(|source| starts(&source.text)).collect())
    }

    /// The 1-based line of a node.
    pub(super) fn of(&self, origin: Origin, project: &Project) -> usize {
        let at = project.origins.place(origin).at;
        let starts = &self.0[at.source.0 as usize];
        starts.partition_point(|start| *start <= at.start as usize)
    }
}
