//! The variables of a project, and their use in values.

use std::rc::Rc;

use indexmap::IndexMap;

use super::budget::Budget;
use super::model::Model;
use super::{Reader, dotenv, template};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::project::{
    Kind, Node, Origin, Origins, Part, ReadOptions, Reference, Scalar, Unread, ValueSource, Variable,
};
use crate::source::{Sources, Span};

/// The variables that values may refer to: the process environment, then env files.
#[derive(Clone, Debug)]
pub(super) struct Environment(Rc<IndexMap<String, String>>);

impl Environment {
    pub(super) fn new(values: IndexMap<String, String>) -> Environment {
        Environment(Rc::new(values))
    }

    /// The value of a variable.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    /// Sets a variable.
    pub(super) fn set(&mut self, name: &str, value: String) {
        Rc::make_mut(&mut self.0).insert(name.to_owned(), value);
    }

    /// Adds the variables of env files. A variable that is set keeps its value.
    fn add(&mut self, variables: &IndexMap<String, Variable>) {
        let values = Rc::make_mut(&mut self.0);
        for (name, variable) in variables {
            if let Some(value) = &variable.value
                && !values.contains_key(name)
            {
                values.insert(name.clone(), value.clone());
            }
        }
    }
}

impl Reader<'_> {
    /// Adds `.env`, or the env files of the command line.
    pub(super) fn read_env_files(&mut self, options: &ReadOptions, environment: &mut Environment) {
        let paths: Vec<(String, bool)> = match options.env_files.is_empty() {
            true => vec![(".env".to_owned(), false)],
            false => options.env_files.iter().map(|path| (path.clone(), true)).collect(),
        };
        self.add_env_files(&paths, None, environment);
    }

    /// Adds the variables of env files, each with its path and whether it has to exist, to an environment. Of several files the
    /// last one wins.
    pub(super) fn add_env_files(
        &mut self,
        paths: &[(String, bool)],
        at: Option<Span>,
        environment: &mut Environment,
    ) {
        let mut variables: IndexMap<String, Variable> = IndexMap::new();
        for (path, is_required) in paths {
            let text = match self.files.read(path) {
                Ok(text) => text,
                Err(Unread::Absent) if !is_required => continue,
                // A folder named `.env`.
                Err(_) if !is_required && self.files.kind(path) != Some(crate::project::FileKind::File) => {
                    continue;
                }
                Err(unread) => {
                    self.report_unread(path, &unread, at);
                    continue;
                }
            };
            if !self.budget.take(text.len()) {
                return;
            }
            let source = self.sources.add(path, text.clone());
            let lookup = |name: &str| {
                let above = || variables.get(name).and_then(|variable| variable.value.clone());
                environment.get(name).or_else(above)
            };
            let found = dotenv::parse(&text, source, &lookup, &self.budget, self.diagnostics);
            variables.extend(found);
        }
        environment.add(&variables);
        for (name, variable) in variables {
            self.variables.entry(name).or_insert(variable);
        }
    }
}

/// Replaces the references in all values below `node`.
pub(super) fn interpolate(
    node: &mut Node,
    environment: &Environment,
    budget: &Budget,
    sources: &Sources,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
) {
    match &mut node.kind {
        Kind::Null => {}
        Kind::List(items) => {
            items
                .iter_mut()
                .for_each(|item| interpolate(item, environment, budget, sources, origins, diagnostics));
        }
        Kind::Map(entries) => {
            entries
                .values_mut()
                .for_each(|value| interpolate(value, environment, budget, sources, origins, diagnostics));
        }
        Kind::Scalar(scalar) => {
            let text = scalar.value().into_owned();
            if !text.contains('$') || !budget.permits(&text) {
                return;
            }
            scalar.is_plain = false;
            match template::interpolate(&text, &|name| budget.value(|| environment.get(name))) {
                Ok(parts) => scalar.parts = parts,
                Err(invalid) => {
                    let value = origins.place(node.origin).value;
                    let span = place(&text, &invalid.range, value, sources);
                    diagnostics.push(
                        Diagnostic::new(
                            Code::ComposeVariable,
                            "a variable is not valid",
                            span,
                            invalid.reason,
                        )
                        .help("write `${NAME}` or `${NAME:-default}`, and `$$` for a dollar sign"),
                    );
                }
            }
        }
    }
}

/// The place of a part of a scalar's text, or of the whole scalar if its notation differs from its text.
fn place(text: &str, range: &std::ops::Range<usize>, value: Span, sources: &Sources) -> Span {
    let written = sources.written(value);
    match written.find(text) {
        Some(at) => value.slice(at + range.start..at + range.end),
        None => value,
    }
}

/// Gives variables without a value, `KEY` alone, the value of the project's variable.
pub(super) fn resolve(model: &mut Model, environment: &Environment, budget: &Budget) {
    for service in model.services.iter_mut().flat_map(IndexMap::values_mut) {
        for path in [&["environment"][..], &["build", "args"]] {
            let mut node = Some(&mut *service);
            for key in path {
                node = node.and_then(|node| match &mut node.kind {
                    Kind::Map(entries) => entries.get_mut(*key),
                    _ => None,
                });
            }
            let Some(Node { kind: Kind::Map(entries), .. }) = node else { continue };
            for (name, value) in entries {
                if matches!(value.kind, Kind::Null)
                    && let Some(set) = budget.value(|| environment.get(name))
                {
                    value.kind = variable(name, set);
                }
            }
        }
    }
}

/// The value of a variable, as a reference to it.
fn variable(name: &str, value: String) -> Kind {
    let reference = Reference { name: name.to_owned(), value, source: ValueSource::Set };
    Kind::Scalar(Scalar { parts: vec![Part::Variable(reference)], is_plain: false })
}

/// A text that a default adds to a node.
pub(super) fn implied(origin: Origin, text: impl Into<String>) -> Node {
    Node { origin, kind: Kind::Scalar(Scalar::text(text)) }
}
