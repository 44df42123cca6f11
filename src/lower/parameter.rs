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
//! only one use is written there directly.

use std::collections::HashMap;

use crate::nix::{Expr, Part};
use crate::nixos::{Module, node};
use crate::tree::{Atom, Kind, Node, Reference, Step, Target};

/// Replaces the references to text `parameters` of a service that `module` uses once.
pub(super) fn lower(service: &str, parameters: &[(String, Node)], module: &mut Module) {
    if parameters.is_empty() {
        return;
    }
    let name = |reference: &Reference| match &reference.target {
        Target::Parameter { service: own, path } if own == service => match path.first() {
            Some(Step::Key(name)) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    let mut uses: HashMap<String, usize> = HashMap::new();
    let mut references = Vec::new();
    for set in [&module.options, &module.config, &module.own] {
        set.references(&mut references);
    }
    module.bindings.iter().for_each(|(_, value)| value.references(&mut references));
    for name in references.into_iter().filter_map(name) {
        *uses.entry(name).or_default() += 1;
    }
    let texts: HashMap<String, Expr> = parameters
        .iter()
        .filter(|(name, value)| uses.get(name) == Some(&1) && is_text(value))
        .map(|(name, value)| (name.clone(), node(value, false)))
        .collect();
    if texts.is_empty() {
        return;
    }
    let value = |reference: &Reference| name(reference).and_then(|name| texts.get(&name).cloned());
    for set in [&mut module.options, &mut module.config, &mut module.own] {
        set.substitute(&value);
    }
    module.bindings.iter_mut().for_each(|(_, expr)| expr.substitute(&value));
}

/// True if an argument is a text on one line.
fn is_text(value: &Node) -> bool {
    match &value.kind {
        Kind::Scalar(text) => match text.atom() {
            Atom::Str(text) => !text.contains(char::is_control),
            _ => false,
        },
        _ => false,
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
