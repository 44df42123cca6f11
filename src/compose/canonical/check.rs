//! Checks values against the shapes of their keys, and casts scalars.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::compose::keys::{Form, Keys, Shape};
use crate::diag::{Code, Diagnostic, closest};
use crate::project::{Kind, Node, Origin, Scalar};

use super::scalar::{self, Atom};
use super::{Canon, shown};

/// The reason for which a scalar has not the shape.
enum Fault {
    /// Another YAML type is expected.
    Type,
    /// The text has not the form.
    Form {
        /// The form.
        noun: &'static str,
        /// The expected syntax.
        expected: String,
    },
}

impl Canon<'_> {
    /// Checks a value, and brings it into its canonical form. Returns false if it reported an error.
    pub(super) fn shape(&mut self, node: &mut Node, shape: &Shape) -> bool {
        match shape {
            Shape::Any => true,
            Shape::Formed(written, form) => {
                let is_valid = self.shape(node, written);
                if is_valid {
                    form(node, self);
                }
                is_valid
            }
            Shape::Either(shapes) => self.either(node, shapes),
            _ => self.one(node, shape),
        }
    }

    /// Checks a value against the shapes that have its YAML type.
    fn either(&mut self, node: &mut Node, shapes: &[Shape]) -> bool {
        let fitting: Vec<&Shape> = shapes.iter().filter(|shape| is_of_kind(shape, &node.kind)).collect();
        match (fitting.as_slice(), &mut node.kind) {
            ([], _) => self.wrong_type(node, shapes),
            (shapes, Kind::Scalar(scalar)) if shapes.len() > 1 => {
                let mut fault = Fault::Type;
                for shape in shapes {
                    match cast(scalar, shape) {
                        Ok(()) => return true,
                        Err(form @ Fault::Form { .. }) => fault = form,
                        Err(Fault::Type) => {}
                    }
                }
                self.report(node, fault, shapes)
            }
            ([one, ..], _) => self.shape(node, one),
        }
    }

    /// Checks a value against a shape of one YAML type.
    fn one(&mut self, node: &mut Node, shape: &Shape) -> bool {
        if !is_of_kind(shape, &node.kind) {
            return self.wrong_type(node, std::slice::from_ref(shape));
        }
        match (shape, &mut node.kind) {
            (Shape::List(item), Kind::List(items)) => self.items(items, item),
            (Shape::Unique(item), Kind::List(items)) => self.items(items, item) && self.unique(items),
            (Shape::Entries(value), Kind::Map(entries)) => self.entries(entries, value),
            (Shape::Named(value), Kind::Map(entries)) => {
                let mut is_valid = true;
                for (name, entry) in &*entries {
                    is_valid &= self.name(name, entry.origin);
                }
                self.entries(entries, value) && is_valid
            }
            (Shape::Keys(keys), Kind::Map(_)) => self.keys(node, keys, &[]),
            (_, Kind::Scalar(scalar)) => match cast(scalar, shape) {
                Ok(()) => true,
                Err(fault) => self.report(node, fault, &[shape]),
            },
            _ => true,
        }
    }

    fn items(&mut self, items: &mut [Node], shape: &Shape) -> bool {
        let mut is_valid = true;
        for item in items {
            is_valid &= self.shape(item, shape);
        }
        is_valid
    }

    fn entries(&mut self, entries: &mut IndexMap<String, Node>, shape: &Shape) -> bool {
        let mut is_valid = true;
        for entry in entries.values_mut() {
            is_valid &= self.shape(entry, shape);
        }
        is_valid
    }

    /// Checks a mapping with fixed keys, except for the values of `others`.
    pub(super) fn keys(&mut self, node: &mut Node, keys: &Keys, others: &[&str]) -> bool {
        let Kind::Map(entries) = &mut node.kind else {
            return self.wrong_type(node, &[Shape::Entries(&Shape::Any)]);
        };
        let mut is_valid = true;
        for (key, value) in entries.iter_mut() {
            match keys.get(key) {
                _ if others.contains(&key.as_str()) => {}
                Some(shape) => is_valid &= self.shape(value, shape),
                None if keys.has_extensions && key.starts_with("x-") => {}
                None => {
                    self.unknown_key(key, value.origin, keys);
                    is_valid = false;
                }
            }
        }
        for key in keys.required.iter().filter(|key| !entries.contains_key(**key)) {
            self.missing_key(node.origin, key, keys.noun);
            is_valid = false;
        }
        is_valid
    }

    fn unknown_key(&mut self, key: &str, origin: Origin, keys: &Keys) {
        let place = self.origins.place(origin);
        let title = format!("unknown key `{key}` in {}", keys.noun);
        let help = match closest(key, keys.keys.iter().map(|(name, _)| *name)) {
            Some(name) => format!("did you mean `{name}`?"),
            None if keys.has_extensions => format!("remove it, or write `x-{key}`, which Compose ignores"),
            None => "remove it".to_owned(),
        };
        let diagnostic =
            Diagnostic::new(Code::ComposeKey, title, place.at, "not a key of Compose").help(help);
        self.diagnostics.push(diagnostic);
        self.diagnostics.mute(place.value);
    }

    /// Reports a name of a service, network or other part that Compose does not accept.
    pub(in crate::compose) fn name(&mut self, name: &str, origin: Origin) -> bool {
        let is_valid =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if !is_valid {
            let title = format!("{} is not a valid name", shown(name));
            let at = self.origins.place(origin).at;
            let label = "expected letters, digits, `.`, `_` and `-`";
            let help = "rename it, also where it is used";
            self.diagnostics.push(Diagnostic::new(Code::ComposeKey, title, at, label).help(help));
        }
        is_valid
    }

    /// Reports the entries of a list that stand twice.
    fn unique(&mut self, items: &[Node]) -> bool {
        let mut first: HashMap<(String, bool), Origin> = HashMap::new();
        let mut is_valid = true;
        for item in items {
            let Kind::Scalar(scalar) = &item.kind else { continue };
            let entry = (scalar.value().into_owned(), Atom::of(scalar) == Atom::Text);
            let title = format!("{} is listed twice", shown(&entry.0));
            if let Some(earlier) = first.insert(entry, item.origin)
                && !scalar::has_missing(scalar)
            {
                let (at, earlier) = (self.value(item.origin), self.value(earlier));
                self.diagnostics.push(
                    Diagnostic::new(Code::ComposeValue, title, at, "listed again here")
                        .and(earlier, "first listed here")
                        .help("remove one of the entries"),
                );
                is_valid = false;
            }
        }
        is_valid
    }

    /// Reports a value of another YAML type. Returns false.
    fn wrong_type(&mut self, node: &Node, shapes: &[Shape]) -> bool {
        let shapes: Vec<&Shape> = shapes.iter().collect();
        self.report(node, Fault::Type, &shapes)
    }

    /// Reports a value that has none of the shapes. Returns false.
    fn report(&mut self, node: &Node, fault: Fault, shapes: &[&Shape]) -> bool {
        let value = node.text();
        let (title, label, help) = match fault {
            Fault::Form { noun, expected } => {
                let title = format!("{} is not {}", shown(&value.unwrap_or_default()), valid(noun));
                (title, format!("expected {expected}"), format!("write {noun}: {expected}"))
            }
            Fault::Type => {
                let found = kind_noun(&node.kind);
                let expected = nouns(shapes);
                let unit = shapes.iter().find_map(|shape| unit(shape));
                let help = match (value, &node.kind) {
                    (_, Kind::Null) => format!("remove the key, or write {expected}"),
                    // Quotes make a string of every scalar.
                    (Some(value), _) if shapes.iter().any(|shape| takes_text(shape)) => {
                        format!("write `{value:?}`")
                    }
                    (Some(value), Kind::Scalar(_)) if unit.is_some() => {
                        format!("add a unit: `{value}{}`", unit.unwrap_or_default())
                    }
                    _ => format!("write {expected}"),
                };
                (format!("expected {expected}, found {found}"), format!("this is {found}"), help)
            }
        };
        let at = self.value(node.origin);
        let diagnostic = Diagnostic::new(Code::ComposeValue, title, at, label).help(help);
        self.diagnostics.push(diagnostic);
        false
    }
}

/// `a valid duration`, for `a duration`.
fn valid(noun: &str) -> String {
    match noun.split_once(' ') {
        Some((_, noun)) => format!("a valid {noun}"),
        None => noun.to_owned(),
    }
}

/// Casts a scalar to the type of a shape.
fn cast(scalar: &mut Scalar, shape: &Shape) -> Result<(), Fault> {
    if scalar::has_missing(scalar) {
        return Ok(());
    }
    let atom = Atom::of(scalar);
    let form = |noun: &'static str, expected: &str| Fault::Form { noun, expected: expected.to_owned() };
    let is_text = atom == Atom::Text;
    let cast = match shape {
        Shape::Text | Shape::Form(_) | Shape::Word(_) if !is_text => return Err(Fault::Type),
        Shape::Text => return Ok(()),
        Shape::Form(Form { noun, expected, matches, .. }) => {
            return if matches(&scalar.value()) { Ok(()) } else { Err(form(noun, expected)) };
        }
        Shape::Word(words) if words.contains(&scalar.value().as_ref()) => return Ok(()),
        Shape::Word(words) => return Err(form("a value", &alternatives(words))),
        Shape::Boolean => match atom {
            Atom::Boolean(is_true) => is_true.to_string(),
            _ => return Err(Fault::Type),
        },
        Shape::Flag => match atom {
            Atom::Boolean(is_true) => is_true.to_string(),
            Atom::Text => match scalar.value().to_lowercase().as_str() {
                "true" | "y" | "yes" | "on" => "true".to_owned(),
                "false" | "n" | "no" | "off" => "false".to_owned(),
                _ => return Err(form("a boolean", "true or false")),
            },
            _ => return Err(Fault::Type),
        },
        Shape::Integer(least, most) => {
            let number = match atom {
                Atom::Integer(number) => number,
                Atom::Float(number) if number.fract() == 0.0 && number.abs() < 1e18 => number as i128,
                Atom::Float(_) => return Err(form("an integer", "digits such as `3`")),
                Atom::Text => match scalar.value().parse::<i64>() {
                    Ok(number) => i128::from(number),
                    Err(_) => return Err(form("an integer", "digits such as `3`")),
                },
                _ => return Err(Fault::Type),
            };
            if !(i128::from(*least)..=i128::from(*most)).contains(&number) {
                let expected = match (*least, *most) {
                    (i64::MIN, _) => "at most 64 bits".to_owned(),
                    (least, i64::MAX) => format!("at least {least}"),
                    (least, most) => format!("{least} to {most}"),
                };
                return Err(Fault::Form { noun: "a number", expected });
            }
            number.to_string()
        }
        Shape::Number | Shape::PlainNumber => match (&atom, atom.printed()) {
            (Atom::Integer(_) | Atom::Float(_), Some(printed)) => printed,
            (Atom::Text, _) if matches!(shape, Shape::Number) => {
                let value = scalar.value().into_owned();
                if value.parse::<f64>().is_err() {
                    return Err(form("a number", "digits such as `0.5`"));
                }
                value
            }
            _ => return Err(Fault::Type),
        },
        Shape::Printed(takes_boolean) => match (&atom, atom.printed()) {
            (Atom::Boolean(_), _) if !takes_boolean => return Err(Fault::Type),
            // Compose makes a string of it, which YAML would not read as the same number.
            (Atom::Time(_) | Atom::Float(_), Some(printed))
                if printed.contains(|c: char| c.is_alphabetic()) =>
            {
                scalar.is_plain = false;
                scalar::set(scalar, printed);
                return Ok(());
            }
            (_, Some(printed)) => printed,
            (_, None) => return Ok(()),
        },
        _ => return Ok(()),
    };
    scalar::set(scalar, cast);
    scalar.is_plain = true;
    Ok(())
}

/// Tells whether a shape has the YAML type of a value.
fn is_of_kind(shape: &Shape, kind: &Kind) -> bool {
    match shape {
        Shape::Any => true,
        Shape::Null => matches!(kind, Kind::Null),
        Shape::List(_) | Shape::Unique(_) => matches!(kind, Kind::List(_)),
        Shape::Entries(_) | Shape::Named(_) | Shape::Keys(_) => matches!(kind, Kind::Map(_)),
        Shape::Either(shapes) => shapes.iter().any(|shape| is_of_kind(shape, kind)),
        Shape::Formed(written, _) => is_of_kind(written, kind),
        _ => matches!(kind, Kind::Scalar(_)),
    }
}

/// The usual unit of a form with units.
fn unit(shape: &Shape) -> Option<&'static str> {
    match shape {
        Shape::Form(form) => form.unit,
        Shape::Either(shapes) => shapes.iter().find_map(unit),
        _ => None,
    }
}

fn takes_text(shape: &Shape) -> bool {
    match shape {
        Shape::Text => true,
        Shape::Either(shapes) => shapes.iter().any(takes_text),
        Shape::Formed(written, _) => takes_text(written),
        _ => false,
    }
}

/// The YAML type of a value in a message.
fn kind_noun(kind: &Kind) -> &'static str {
    match kind {
        Kind::Null => "an empty value",
        Kind::Scalar(scalar) => Atom::of(scalar).noun(),
        Kind::List(_) => "a list",
        Kind::Map(_) => "a mapping",
    }
}

/// The shapes in a message, such as `a string or a list`.
fn nouns(shapes: &[&Shape]) -> String {
    let mut nouns: Vec<&str> = Vec::new();
    for shape in shapes {
        add_nouns(shape, &mut nouns);
    }
    alternatives(&nouns)
}

fn add_nouns(shape: &Shape, nouns: &mut Vec<&'static str>) {
    let noun = match shape {
        Shape::Any => "a value",
        // Nobody writes an empty value on purpose.
        Shape::Null => return,
        Shape::Text => "a string",
        Shape::Form(form) => form.noun,
        Shape::Word(_) => "a string",
        Shape::Flag | Shape::Boolean => "a boolean",
        Shape::Integer(..) => "an integer",
        Shape::Number | Shape::PlainNumber => "a number",
        Shape::Printed(_) => "a string or a number",
        Shape::List(_) | Shape::Unique(_) => "a list",
        Shape::Entries(_) | Shape::Named(_) | Shape::Keys(_) => "a mapping",
        Shape::Either(shapes) => return shapes.iter().for_each(|shape| add_nouns(shape, nouns)),
        Shape::Formed(written, _) => return add_nouns(written, nouns),
    };
    if !nouns.contains(&noun) {
        nouns.push(noun);
    }
}

/// `a, b or c`.
fn alternatives(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
