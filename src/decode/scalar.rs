//! Reads scalars, and collections of any element.

use super::{
    Decode, Reader, bad_value, bad_value_because, double_quoted, no_mapping, wrong_scalar, wrong_type,
};
use crate::diag::{Code, Diagnostic, Help};
use crate::form::{Advice, Form};
use crate::setting::{Flag, Map, Number, OneOrMany, Pairs, Raw, Spanned};
use crate::shape::Shape;
use crate::source::Span;
use crate::tree::{Atom, Entry, Kind, Node, Text};
use crate::value::Value;

impl Decode for Text {
    fn unreadable() -> Option<Self> {
        Some(Text::literal("", Span::NOWHERE))
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(text) if text.atom() != Atom::Null => Some(text.clone()),
            kind => {
                let help = pair(kind)
                    .filter(|_| node.defined.is_none())
                    .map(|(name, value)| format!("put it in quotes: `\"{name}: {value}\"`").into());
                wrong_scalar(node, "text", help, reader);
                None
            }
        }
    }
}

/// The name and the value of a mapping that has one scalar: `- a: b` in a list of texts.
fn pair(kind: &Kind) -> Option<(String, String)> {
    let Kind::Map(entries) = kind else { return None };
    let [Entry { key, value: Node { kind: Kind::Scalar(value), .. } }] = entries.as_slice() else {
        return None;
    };
    Some((key.value(), value.value()))
}

impl<T: Decode> Decode for Spanned<T> {
    fn unreadable() -> Option<Self> {
        Some(Spanned { value: T::unreadable()?, span: Span::NOWHERE })
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        T::decode(node, reader).map(|value| Spanned { value, span: node.span })
    }
}

impl Decode for Number {
    fn unreadable() -> Option<Self> {
        Some(Number { value: 1, text: Text::literal("1", Span::NOWHERE) })
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Scalar(text) = &node.kind else {
            wrong_type(node, "a whole number", reader);
            return None;
        };
        match text.atom() {
            // `080` and `+80` are numbers to YAML, and not what Nix or Podman would read.
            Atom::Int(value) if !text.is_literal() || value.to_string() == text.value() => {
                Some(Number { value, text: text.clone() })
            }
            Atom::Int(_) => {
                bad_value(
                    node,
                    "a whole number",
                    "write it without leading zeros and without a sign",
                    reader,
                );
                None
            }
            Atom::Str(quoted) if matches!(Atom::from_plain(&quoted), Atom::Int(_)) => {
                let help = Some(Help::write(&quoted).say(format!("write `{quoted}` without quotes")));
                wrong_scalar(node, "a whole number", help, reader);
                None
            }
            _ => {
                wrong_type(node, "a whole number", reader);
                None
            }
        }
    }
}

impl Decode for Flag {
    fn of_default(default: &str, owner: Span) -> Option<Self> {
        Some(Flag { value: default.parse().ok()?, text: Text::default_of(default, owner) })
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(text) => match text.atom() {
                Atom::Bool(value) => return Some(Flag { value, text: text.clone() }),
                Atom::Str(word) if matches!(word.to_lowercase().as_str(), "yes" | "no" | "on" | "off") => {
                    let value =
                        if matches!(word.to_lowercase().as_str(), "yes" | "on") { "true" } else { "false" };
                    bad_value_because(
                        node,
                        "a boolean",
                        "a word like any other in YAML 1.2",
                        Help::write(value).say(format!("write {value}")),
                        reader,
                    );
                }
                Atom::Str(quoted) if matches!(Atom::from_plain(&quoted), Atom::Bool(_)) => {
                    let help = Some(Help::write(&quoted).say(format!("write `{quoted}` without quotes")));
                    wrong_scalar(node, "true or false", help, reader);
                }
                _ => wrong_type(node, "true or false", reader),
            },
            _ => wrong_type(node, "true or false", reader),
        }
        None
    }
}

impl Decode for Raw {
    fn decode(node: &Node, _: &mut Reader) -> Option<Self> {
        Some(Raw(node.clone()))
    }
}

/// Says which keys of a map from names to mappings belong into one of these, and gives them back: a key that
/// such a mapping has, and that is no name, because no such mapping stands under it.
fn nameless<'a>(entries: &'a [Entry], shape: Shape, reader: &mut Reader) -> Vec<&'a Entry> {
    let is_key = |key: &Text| shape.keys.contains(&key.value().as_str());
    let is_member = |node: &Node| match &node.kind {
        Kind::Map(members) => members.is_empty() || members.iter().any(|member| is_key(&member.key)),
        Kind::Scalar(_) => node.is_null(),
        Kind::List(_) | Kind::Nix(_) => false,
        Kind::Unknown => true,
    };
    let is_nameless = |entry: &Entry| is_key(&entry.key) && !is_member(&entry.value);
    // Beside one that is certain, `offsite: { keep: … }` is no member called `offsite`.
    let any = entries.iter().any(is_nameless);
    let (nameless, named): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| any && is_key(&entry.key));
    if let Some((first, others)) = nameless.split_first() {
        let key = first.key.value();
        let members: Vec<String> = nameless.iter().map(|entry| format!("{}: …", entry.key.value())).collect();
        let name = named.first().map_or(shape.called.to_owned(), |entry| entry.key.value());
        let diagnostic = Diagnostic::new(
            Code::WrongType,
            format!("`{key}` stands where a name belongs"),
            first.key.span,
            "expected a name",
        );
        reader.push(
            others
                .iter()
                .fold(diagnostic, |diagnostic, other| diagnostic.and(other.key.span, "and here"))
                .help(format!("give it a name: `{name}: {{ {} }}`", members.join(", "))),
        );
    }
    nameless
}

/// Names that stand in a list, where each could also say more: it is clear what they are.
fn listed<T: Decode>(node: &Node, reader: &mut Reader) -> Option<Map<T>> {
    let Kind::List(items) = &node.kind else { return None };
    let mut map: Vec<(Text, T)> = Vec::new();
    for item in items {
        let Kind::Scalar(name) = &item.kind else { return None };
        let empty = T::absent("", item.span, &mut Reader::default())?;
        map.push((name.clone(), empty));
    }
    let first = map.first()?.0.value();
    no_mapping(node, Some(&format!("{{ {first}: {{}} }}")), reader);
    Some(Map { entries: map, is_cut: false })
}

impl<T: Decode> Decode for Map<T> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            if node.is_null() && node.defined.is_none() {
                return Some(Map::default());
            }
            if let Some(map) = listed(node, reader) {
                return Some(map);
            }
            let example = T::SHAPE.map(|shape| format!("{{ {}: {} }}", shape.called, shape.example));
            no_mapping(node, example.as_deref(), reader);
            return None;
        };
        let nameless = T::SHAPE.map_or_else(Vec::new, |shape| nameless(entries, shape, reader));
        // What is wrong in it besides its name is said in the same run.
        if !nameless.is_empty() && nameless.len() == entries.len() {
            T::decode(node, reader);
            return Some(Map::default());
        }
        let mut map = Map::default();
        let mut seen = std::collections::HashMap::new();
        for entry in entries {
            if entry.is_unreadable() {
                map.is_cut = true;
                continue;
            }
            let key = entry.key.value();
            // Two keys may be written differently and refer to the same text. The first of two stays.
            if let Some(first) = seen.get(&key) {
                reader.push(
                    Diagnostic::new(
                        Code::DuplicateKey,
                        format!("`{key}` is written twice"),
                        entry.key.span,
                        "again here",
                    )
                    .and(*first, "first here")
                    .help("keep one of the two"),
                );
                T::decode(&entry.value, reader);
                continue;
            }
            seen.insert(key, entry.key.span);
            if nameless.iter().any(|other| std::ptr::eq(*other, entry)) {
                continue;
            }
            if let Some(value) = T::decode(&entry.value, reader).or_else(T::unreadable) {
                map.entries.push((entry.key.clone(), value));
            }
        }
        Some(map)
    }

    fn absent(_: &str, _: Span, _: &mut Reader) -> Option<Self> {
        Some(Map::default())
    }

    fn unreadable() -> Option<Self> {
        Some(Map { entries: Vec::new(), is_cut: true })
    }
}

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::List(_) => Vec::decode(node, reader).map(OneOrMany),
            _ => T::decode(node, reader).map(|one| OneOrMany(vec![one])),
        }
    }

    fn absent(_: &str, _: Span, _: &mut Reader) -> Option<Self> {
        Some(OneOrMany::default())
    }

    fn unreadable() -> Option<Self> {
        Some(OneOrMany::default())
    }
}

impl Decode for Pairs {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let mut pairs: Vec<(Text, Text)> = Vec::new();
        match &node.kind {
            Kind::Map(entries) => {
                for entry in entries {
                    if entry.value.is_null() {
                        reader.push(
                            Diagnostic::new(Code::WrongType, format!("`{}` has no value", entry.key.value()), entry.key.span, "nothing stands here")
                                .help("write a value, or \"\" for an empty one: there is no environment to take it from"),
                        );
                    } else if let Some(value) = Text::decode(&entry.value, reader) {
                        pairs.push((entry.key.clone(), value));
                    }
                }
            }
            Kind::List(items) => {
                for item in items {
                    if let Some((name, value)) = pair(&item.kind) {
                        let help = Some(Help::write(format!("{name}={value}")).likely());
                        wrong_scalar(item, "NAME=value", help, reader);
                        continue;
                    }
                    let Some(text) = Text::decode(item, reader) else { continue };
                    match text.split_once('=') {
                        Some(pair) => pairs.push(pair),
                        None => bad_value(item, "a name with its value", "write NAME=value", reader),
                    }
                }
            }
            Kind::Scalar(text) if text.value().contains('=') => {
                let help = Some(Help::write(format!("[{}]", double_quoted(&text.value()))).likely());
                wrong_scalar(node, "a mapping, or a list of NAME=value,", help, reader);
                return None;
            }
            _ => {
                wrong_type(node, "a mapping, or a list of NAME=value,", reader);
                return None;
            }
        }
        let mut seen = std::collections::HashMap::new();
        for (name, _) in &pairs {
            if let Some(first) = seen.insert(name.value(), name.span) {
                reader.push(
                    Diagnostic::new(
                        Code::DuplicateKey,
                        format!("`{}` is written twice", name.value()),
                        name.span,
                        "again here",
                    )
                    .and(first, "first here")
                    .help("keep one of the two"),
                );
            }
        }
        Some(Pairs(pairs))
    }

    fn absent(_: &str, _: Span, _: &mut Reader) -> Option<Self> {
        Some(Pairs::default())
    }

    fn unreadable() -> Option<Self> {
        Some(Pairs::default())
    }
}

/// Says that `node` is not a `noun`: with advice if there is some for just this value, or else with what any
/// `noun` looks like.
pub(super) fn misread(node: &Node, noun: &str, what: &str, advice: Option<Advice>, reader: &mut Reader) {
    match advice {
        Some(Advice { why, help }) => bad_value_because(node, noun, &why, help, reader),
        None => bad_value(node, noun, format!("write {what}"), reader),
    }
}

impl<T: Form> Decode for Value<T> {
    fn of_default(default: &str, owner: Span) -> Option<Self> {
        Some(Value { value: T::parse(default)?, text: Text::default_of(default, owner) })
    }

    fn unreadable() -> Option<Self> {
        let value = T::parse(T::EXAMPLE).expect("a form parses its example");
        Some(Value { value, text: Text::literal("", Span::NOWHERE) })
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Scalar(text) = &node.kind else {
            wrong_type(node, &T::description(), reader);
            return None;
        };
        let written = text.value();
        let parsed = T::parse(&written);
        let is_welcome = match text.atom() {
            Atom::Null | Atom::Bool(_) => false,
            Atom::Int(_) | Atom::Float(_) => T::NUMBERS,
            Atom::Str(_) => true,
        };
        if is_welcome && let Some(value) = parsed {
            return Some(Value { value, text: text.clone() });
        }
        // A diagnostic that is not kept needs no advice, which may take longer than all else.
        let advice = || if reader.is_full() { None } else { T::advice(&written) };
        if is_welcome {
            let advice = advice();
            misread(node, T::NOUN, &T::description(), advice, reader);
        } else {
            let help = match parsed {
                _ if text.atom() == Atom::Null => None,
                Some(_) => Some(Help::write(format!("\"{written}\""))),
                None => advice().map(|advice| advice.help),
            };
            wrong_scalar(node, &T::description(), help, reader);
        }
        None
    }
}

/// The number that a part of a short form has, such as the `8080` of `8080:80`; and its text.
pub(crate) fn port_part(text: &Text) -> Option<u16> {
    let value = text.value();
    let port: u16 = value.parse().ok()?;
    (port > 0 && port.to_string() == value).then_some(port)
}
