//! Pass: two [`tree`](crate::tree)s → the [`edit`](crate::edit)s between them.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::diag::region::Regions;
use crate::edit::{Arguments, Edit, Edits};
use crate::source::{SourceId, Span};
use crate::tree::{Entry, Kind, Node, Piece, Step, Target};

/// The edits from `old` to `new`. `arguments` are those of the presets of both, by service. `regions` are those of the new file.
pub(crate) fn trace(old: &Node, new: &Node, arguments: [&Arguments; 2], regions: &Regions) -> Edits {
    let mut tracer = Tracer { regions, path: Vec::new(), edits: Edits::new() };
    // The values that refer to a constant or an argument come after it.
    tracer.path.push(CONSTANTS.to_owned());
    if let (Some(old), Some(new)) = (old.get(CONSTANTS), new.get(CONSTANTS)) {
        tracer.compare(old, new, new.span);
    }
    tracer.path.pop();
    let [before, after] = arguments;
    for (service, new) in after {
        for (name, new) in new {
            let old = before.get(service).and_then(|all| all.iter().find(|(known, _)| known == name));
            if let Some((_, old)) = old {
                tracer.path = argument(service, [name.clone()]).collect();
                tracer.compare(old, new, new.span);
            }
        }
    }
    tracer.path.clear();
    tracer.compare(old, new, new.span);
    tracer.edits
}

/// The key of constants.
const CONSTANTS: &str = "constants";

/// The path of a preset's argument, or of a part of it.
fn argument(service: &str, steps: impl IntoIterator<Item = String>) -> impl Iterator<Item = String> {
    ["services", service, "with"].map(str::to_owned).into_iter().chain(steps)
}

struct Tracer<'a> {
    regions: &'a Regions<'a>,
    path: Vec<String>,
    edits: Edits,
}

impl Tracer<'_> {
    /// Compares two values at the current path. `key` is the key of the new one.
    fn compare(&mut self, old: &Node, new: &Node, key: Span) {
        match (&old.kind, &new.kind) {
            (Kind::Map(before), Kind::Map(after)) => self.entries(before, after, key),
            (Kind::List(before), Kind::List(after)) => self.items(before, after, key),
            (before, after) if is_same(before, after) => {}
            _ => {
                let line = self.line(old, new);
                self.edits.insert(self.path.clone(), Edit { line, before: scalar(old), after: scalar(new) });
            }
        }
    }

    fn entries(&mut self, before: &[Entry], after: &[Entry], key: Span) {
        let old: HashMap<String, &Entry> = before.iter().map(|e| (e.key.value(), e)).collect();
        let mut known = HashSet::new();
        for entry in after {
            let name = entry.key.value();
            self.path.push(name.clone());
            match old.get(&name) {
                Some(before) => self.compare(&before.value, &entry.value, entry.key.span),
                None => self.edit(entry.key.span, None, scalar(&entry.value)),
            }
            self.path.pop();
            known.insert(name);
        }
        for entry in before.iter().filter(|entry| !known.contains(&entry.key.value())) {
            self.path.push(entry.key.value());
            self.edit(key, scalar(&entry.value), None);
            self.path.pop();
        }
    }

    fn items(&mut self, before: &[Node], after: &[Node], key: Span) {
        // The items of a list that became longer or shorter have other positions.
        let texts = |items: &[Node]| items.iter().map(written).collect::<HashSet<String>>();
        let (old, new) = (texts(before), texts(after));
        for (index, item) in after.iter().enumerate() {
            self.path.push(index.to_string());
            match before.get(index).filter(|_| before.len() == after.len()) {
                Some(before) => self.compare(before, item, item.span),
                None if !old.contains(&written(item)) => self.edit(item.span, None, scalar(item)),
                None => {}
            }
            self.path.pop();
        }
        if before.len() != after.len() {
            for item in before.iter().filter(|item| !new.contains(&written(item))) {
                self.path.push("-".to_owned());
                self.edit(key, scalar(item), None);
                self.path.pop();
            }
        }
    }

    fn edit(&mut self, place: Span, before: Option<String>, after: Option<String>) {
        let edit = Edit { line: self.regions.line(place), before, after };
        self.edits.insert(self.path.clone(), edit);
    }

    /// The line of a changed value: of the changed constant or argument that it refers to, or else its own.
    fn line(&self, old: &Node, new: &Node) -> usize {
        if let (Kind::Scalar(before), Kind::Scalar(after)) = (&old.kind, &new.kind)
            && before.pieces == after.pieces
            && let Some(line) = after.pieces.iter().find_map(|piece| self.line_of_reference(piece))
        {
            return line;
        }
        // An argument of a preset is written in the file, and the value that refers to it is not.
        let defined = new.defined.filter(|_| new.span.source != SourceId::FILE);
        self.regions.line(defined.unwrap_or(new.span))
    }

    /// The line of the constant or the argument that a piece refers to, if it changed.
    fn line_of_reference(&self, piece: &Piece) -> Option<usize> {
        let Piece::Reference(reference) = piece else { return None };
        let steps = |steps: &[Step]| -> Vec<String> {
            let name = |step: &Step| match step {
                Step::Key(key) => key.clone(),
                Step::Item { index, .. } => index.to_string(),
            };
            steps.iter().map(name).collect()
        };
        let path: Vec<String> = match &reference.target {
            Target::Constant(path) => std::iter::once(CONSTANTS.to_owned()).chain(steps(path)).collect(),
            Target::Parameter { service, path } => argument(service, steps(path)).collect(),
            _ => return None,
        };
        self.edits.get(&path).map(|edit| edit.line)
    }
}

/// True if two values that are neither mappings nor lists mean the same.
fn is_same(before: &Kind, after: &Kind) -> bool {
    match (before, after) {
        (Kind::Scalar(before), Kind::Scalar(after)) => before.atom() == after.atom(),
        (Kind::Nix(before), Kind::Nix(after)) => before == after,
        (Kind::Unknown, Kind::Unknown) => true,
        _ => false,
    }
}

fn scalar(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Scalar(text) => Some(text.value()),
        Kind::Nix(code) => Some(code.clone()),
        _ => None,
    }
}

/// A value as a text that another value has only if it is equal.
fn written(node: &Node) -> String {
    match &node.kind {
        Kind::List(items) => format!("{:?}", items.iter().map(written).collect::<Vec<_>>()),
        Kind::Map(entries) => {
            let entries = entries.iter().map(|entry| (entry.key.value(), written(&entry.value)));
            format!("{:?}", entries.collect::<BTreeMap<_, _>>())
        }
        _ => format!("{:?}", scalar(node)),
    }
}
