//! Diagnostics of a file that an import wrote, at the places of the Compose files.

use std::collections::HashMap;

use crate::diag::Diagnostic;
use crate::project::{Origin, Project, Step};
use crate::report::{Path, Report};
use crate::source::{SourceId, Sources, Span};
use crate::syntax::{Kind, Node};

/// Moves the labels of `diagnostics` from the written file, whose tree is `root`, to the nodes that its values come from. A
/// label whose value comes from no node stays in the written file, which becomes a source named `name`. Fixes are
/// dropped, because they are edits of the written file.
pub(crate) fn relocate(
    diagnostics: Vec<Diagnostic>,
    root: &Node,
    written: (&str, &str),
    report: &Report,
    project: &Project,
    sources: &mut Sources,
) -> Vec<Diagnostic> {
    let origins: HashMap<&Path, Origin> =
        report.mapped.iter().rev().filter_map(|one| Some((one.to.as_ref().ok()?, one.origin))).collect();
    let (name, text) = written;
    let mut source = None;
    let mut relocate = |mut diagnostic: Diagnostic| {
        for label in &mut diagnostic.labels {
            if label.span.source != SourceId::FILE {
                continue;
            }
            let mut path = Path::default();
            path_at(root, label.span.start, &mut path);
            label.span = match origin_of(&origins, path) {
                Some(origin) => place(project, origin),
                None => {
                    let id = *source.get_or_insert_with(|| sources.add(name, text.to_owned()));
                    Span { source: id, ..label.span }
                }
            };
        }
        diagnostic.fix = None;
        diagnostic
    };
    diagnostics.into_iter().map(&mut relocate).collect()
}

/// The span of a node: of its value if it stands on one line with the key, else of its key.
fn place(project: &Project, origin: Origin) -> Span {
    let place = project.origins.place(origin);
    if place.is_leaf && place.value.source == place.at.source { place.value } else { place.at }
}

/// The origin of the value at `path`, or of the closest value around it, but not around its container.
fn origin_of(origins: &HashMap<&Path, Origin>, mut path: Path) -> Option<Origin> {
    /// `services.NAME.containers.NAME`
    const CONTAINER: usize = 4;
    loop {
        if let Some(origin) = origins.get(&path) {
            return Some(*origin);
        }
        let is_in_container = matches!(path.0.first(), Some(Step::Key(key)) if key == "services");
        if path.0.len() <= if is_in_container { CONTAINER } else { 2 } {
            return None;
        }
        path.0.pop();
    }
}

/// Extends `path` with the steps to the deepest value at `offset`.
fn path_at(node: &Node, offset: u32, path: &mut Path) {
    match &node.kind {
        Kind::Map(entries) => {
            let last = entries.iter().rev().find(|entry| entry.key_span.start <= offset);
            if let Some(entry) = last {
                path.0.push(Step::Key(entry.key.clone()));
                path_at(&entry.value, offset, path);
            }
        }
        Kind::List(items) => {
            let last = items.iter().rposition(|item| item.span.start <= offset);
            if let Some(index) = last {
                path.0.push(Step::Item(index));
                path_at(&items[index], offset, path);
            }
        }
        _ => {}
    }
}
