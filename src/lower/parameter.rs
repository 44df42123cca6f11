//! Parameters of presets.
//!
//! ```yaml
//! photos: { preset: immich, with: { media: /mnt/photos } }
//! ```
//! ```nix
//! let media = "/mnt/photos"; in { … "${media}/library:/data" … }
//! ```
//!
//! An argument is a binding of the service's module, so that the paths show their common part. An argument with
//! only one use is written there directly, and so is each value of a mapping.

use std::collections::HashMap;

use crate::nix::{Expr, Part};
use crate::nixos::{Module, node};
use crate::tree::{Atom, Kind, Node, Reference, Step, Target};

/// Replaces the references to text `parameters` of a service that `module` uses once.
pub(super) fn lower(service: &str, parameters: &[(String, Node)], module: &mut Module) {
    if parameters.is_empty() {
        return;
    }
    let path = |reference: &Reference| match &reference.target {
        Target::Parameter { service: own, path } if own == service => Some(path.clone()),
        _ => None,
    };
    let mut uses: HashMap<Vec<Step>, usize> = HashMap::new();
    let mut references = Vec::new();
    for set in [&module.options, &module.config, &module.own] {
        set.references(&mut references);
    }
    module.bindings.iter().for_each(|(_, value)| value.references(&mut references));
    for path in references.into_iter().filter_map(path) {
        *uses.entry(path).or_default() += 1;
    }
    let mut values = Vec::new();
    for (name, value) in parameters {
        leaves(value, &mut vec![Step::Key(name.clone())], &mut values);
    }
    let values: HashMap<Vec<Step>, Expr> = values
        .into_iter()
        .filter(|(path, _)| uses.get(path) == Some(&1))
        .map(|(path, value)| (path, node(value, false)))
        .collect();
    if values.is_empty() {
        return;
    }
    let value = |reference: &Reference| path(reference).and_then(|path| values.get(&path).cloned());
    for set in [&mut module.options, &mut module.config, &mut module.own] {
        set.substitute(&value);
    }
    module.bindings.iter_mut().for_each(|(_, expr)| expr.substitute(&value));
}

/// Adds the values of an argument that can be written in place: a text on one line, and each value of a mapping.
fn leaves<'a>(argument: &'a Node, path: &mut Vec<Step>, all: &mut Vec<(Vec<Step>, &'a Node)>) {
    match &argument.kind {
        Kind::Map(entries) => {
            for entry in entries {
                path.push(Step::Key(entry.key.value()));
                leaves(&entry.value, path, all);
                path.pop();
            }
        }
        Kind::Scalar(text) => {
            let is_part = path.len() > 1;
            let is_short = match text.atom() {
                Atom::Str(text) => is_part || !text.contains(char::is_control),
                Atom::Bool(_) | Atom::Int(_) => is_part,
                Atom::Float(_) | Atom::Null => false,
            };
            if is_short {
                all.push((path.clone(), argument));
            }
        }
        _ => {}
    }
}

impl crate::nix::Set {
    /// Replaces references for which `value` returns an expression.
    fn substitute(&mut self, value: &impl Fn(&Reference) -> Option<Expr>) {
        for attr in self.0.values_mut() {
            if let Some(name) = &mut attr.name {
                substitute_parts(name, value);
            }
            attr.value.substitute(value);
        }
    }
}

impl Expr {
    /// Replaces references for which `value` returns an expression.
    fn substitute(&mut self, value: &impl Fn(&Reference) -> Option<Expr>) {
        match self {
            Expr::Ref(reference) => {
                if let Some(expr) = value(reference) {
                    *self = expr;
                }
            }
            Expr::Str(parts) => substitute_parts(parts, value),
            Expr::Lines(lines) => lines.iter_mut().for_each(|parts| substitute_parts(parts, value)),
            Expr::List(items) | Expr::Call(items) => items.iter_mut().for_each(|item| item.substitute(value)),
            Expr::Set(set) => set.substitute(value),
            Expr::Infix(left, _, right) => {
                left.substitute(value);
                right.substitute(value);
            }
            Expr::Int(_)
            | Expr::Float(_)
            | Expr::Bool(_)
            | Expr::Null
            | Expr::Directory(_)
            | Expr::Code(_)
            | Expr::Script(_)
            | Expr::User(_) => {}
        }
    }
}

fn substitute_parts(parts: &mut Vec<Part>, value: &impl Fn(&Reference) -> Option<Expr>) {
    let old = std::mem::take(parts);
    for mut part in old {
        let new = match &mut part {
            Part::Ref(reference) => value(reference),
            Part::Expr(expr) => {
                expr.substitute(value);
                None
            }
            Part::Text(_) | Part::Code(_) => None,
        };
        match new {
            Some(Expr::Str(inner)) => inner.into_iter().for_each(|part| push(parts, part)),
            Some(Expr::Ref(reference)) => push(parts, Part::Ref(reference)),
            _ => push(parts, part),
        }
    }
}

/// Appends a part; a text is merged with a text before it.
fn push(parts: &mut Vec<Part>, part: Part) {
    match (parts.last_mut(), part) {
        (Some(Part::Text(last)), Part::Text(text)) => last.to_mut().push_str(&text),
        (_, part) => parts.push(part),
    }
}
