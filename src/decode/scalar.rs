//! Decodes scalars, and collections of any element type.

use super::{
    Decode, Reader, bad_value, bad_value_because, double_quoted, no_mapping, wrong_scalar, wrong_string,
    wrong_type,
};
use crate::diag::{Code, Diagnostic, Help};
use crate::form::{Advice, Form};
use crate::setting::{Flag, Map, Number, OneOrMany, Pairs, Raw, Spanned, referenced};
use crate::shape::Shape;
use crate::source::Span;
use crate::tree::{Atom, Entry, Kind, Node, Text};
use crate::value::Value;

impl Decode for Text {
    fn unreadable() -> Option<Self> {
        Some(Text::literal("", Span::PLACEHOLDER))
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(text) if text.atom() != Atom::Null => Some(text.clone()),
            kind => {
                let help = pair(kind)
                    .filter(|_| node.defined.is_none())
                    .map(|(name, value)| format!("write `\"{name}: {value}\"`").into());
                wrong_scalar(node, "a string", help, reader);
                None
            }
        }
    }
}

/// The key and the value of a mapping with one scalar: `- a: b` in a list of strings.
fn pair(kind: &Kind) -> Option<(String, String)> {
    let Kind::Map(entries) = kind else { return None };
    let [Entry { key, value: Node { kind: Kind::Scalar(value), .. } }] = entries.as_slice() else {
        return None;
    };
    Some((key.value(), value.value()))
}

impl<T: Decode> Decode for Spanned<T> {
    fn unreadable() -> Option<Self> {
        Some(Spanned { value: T::unreadable()?, span: Span::PLACEHOLDER })
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        T::decode(node, reader).map(|value| Spanned { value, span: node.span })
    }
}

impl Decode for Number {
    fn unreadable() -> Option<Self> {
        Some(Number { value: 1, text: Text::literal("1", Span::PLACEHOLDER) })
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Scalar(text) = &node.kind else {
            wrong_type(node, "a whole number", reader);
            return None;
        };
        match text.atom() {
            // YAML reads `080` and `+80` as numbers; Nix and Podman do not read the same value.
            Atom::Int(value) if !text.is_literal() || value.to_string() == text.value() => {
                Some(Number { value, text: text.clone() })
            }
            Atom::Int(value) => {
                let why = "has a leading zero or a plus sign";
                bad_value_because(
                    node,
                    "a whole number",
                    why,
                    Help::write(value.to_string()).likely(),
                    reader,
                );
                None
            }
            Atom::Str(quoted) if matches!(Atom::from_plain(&quoted), Atom::Int(_)) => {
                let help = Some(Help::write(&quoted).with_text(format!("write `{quoted}` without quotes")));
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
                Atom::Str(word) if Flag::is_old_word(&word) => {
                    let value =
                        if matches!(word.to_lowercase().as_str(), "yes" | "on") { "true" } else { "false" };
                    bad_value_because(
                        node,
                        "a boolean",
                        "is a string in YAML 1.2, expected true or false",
                        Help::write(value),
                        reader,
                    );
                }
                Atom::Str(quoted) if matches!(Atom::from_plain(&quoted), Atom::Bool(_)) => {
                    let help =
                        Some(Help::write(&quoted).with_text(format!("write `{quoted}` without quotes")));
                    wrong_scalar(node, "true or false", help, reader);
                }
                _ => wrong_type(node, "true or false", reader),
            },
            _ => wrong_type(node, "true or false", reader),
        }
        None
    }
}

impl Flag {
    /// True if a word is a boolean in YAML 1.1, and a string in YAML 1.2.
    pub(super) fn is_old_word(word: &str) -> bool {
        matches!(word.to_lowercase().as_str(), "yes" | "no" | "on" | "off")
    }
}

impl Decode for Raw {
    fn decode(node: &Node, _: &mut Reader) -> Option<Self> {
        Some(Raw(node.clone()))
    }
}

/// Reports and returns the keys of a map from names to mappings that belong into one of these mappings: a key that such a
/// mapping declares, and whose value is not such a mapping.
fn nameless<'a>(entries: &'a [Entry], shape: Shape, reader: &mut Reader) -> Vec<&'a Entry> {
    let is_key = |key: &Text| shape.keys.contains(&key.value().as_str());
    let is_member = |node: &Node| match &node.kind {
        Kind::Map(members) => members.is_empty() || members.iter().any(|member| is_key(&member.key)),
        Kind::Scalar(_) => node.is_null(),
        Kind::List(_) | Kind::Nix(_) => false,
        Kind::Unknown => true,
    };
    let is_nameless = |entry: &Entry| is_key(&entry.key) && !is_member(&entry.value);
    // Beside a certain one, `offsite: { keep: … }` is not a member called `offsite`.
    let any = entries.iter().any(is_nameless);
    let (nameless, named): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| any && is_key(&entry.key));
    if let Some((first, others)) = nameless.split_first() {
        let key = first.key.value();
        let members: Vec<String> = nameless.iter().map(|entry| format!("{}: …", entry.key.value())).collect();
        let name = named.first().map_or(shape.called.to_owned(), |entry| entry.key.value());
        let diagnostic = Diagnostic::new(
            Code::WrongType,
            format!("expected a name, found the key `{key}`"),
            first.key.span,
            "belongs below a name",
        );
        reader.push(
            others
                .iter()
                .fold(diagnostic, |diagnostic, other| diagnostic.and(other.key.span, "belongs below a name"))
                .help(format!("write `{name}: {{ {} }}`", members.join(", "))),
        );
    }
    nameless
}

/// Decodes a list of names in the place of a mapping, as a mapping of names without settings.
fn listed<T: Decode>(node: &Node, reader: &mut Reader) -> Option<Map<T>> {
    let Kind::List(items) = &node.kind else { return None };
    let mut map: Vec<(Text, T)> = Vec::new();
    for item in items {
        let Kind::Scalar(name) = &item.kind else { return None };
        let empty = T::absent(item.span)?;
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
        // Reports the mistakes inside the mapping in the same run.
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
            // Two keys may be written differently and have the same value through references. The first one stays.
            if let Some(first) = seen.get(&key) {
                reader.push(
                    Diagnostic::new(
                        Code::DuplicateKey,
                        format!("`{key}` is written twice"),
                        entry.key.span,
                        "declared again here",
                    )
                    .and(*first, "first declared here")
                    .help("remove one of the two"),
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

    fn absent(_: Span) -> Option<Self> {
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

    fn absent(_: Span) -> Option<Self> {
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
                            Diagnostic::new(
                                Code::WrongType,
                                format!("`{}` has no value", entry.key.value()),
                                entry.key.span,
                                "expected a value",
                            )
                            .help(format!(
                                "write `{}: \"\"`, or a value: a service inherits no environment",
                                entry.key.value()
                            )),
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
                        wrong_scalar(item, "NAME=VALUE", help, reader);
                        continue;
                    }
                    let Some(text) = Text::decode(item, reader) else { continue };
                    match text.split_once('=') {
                        Some((name, _)) if referenced(&name).next().is_some() => reader.push(
                            Diagnostic::new(
                                Code::SecretInStore,
                                "a secret cannot be in the name of a variable",
                                item.span,
                                "only the value is rendered when the container starts",
                            )
                            .help("write the name of the variable without a secret"),
                        ),
                        Some(pair) => pairs.push(pair),
                        None => bad_value(item, "a pair", "NAME=VALUE", "write `NAME=VALUE`", reader),
                    }
                }
            }
            Kind::Scalar(text) if text.value().contains('=') => {
                let help = Some(Help::write(format!("[{}]", double_quoted(&text.value()))).likely());
                wrong_scalar(node, "a mapping or a list of NAME=VALUE", help, reader);
                return None;
            }
            _ => {
                wrong_type(node, "a mapping or a list of NAME=VALUE", reader);
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
                        "declared again here",
                    )
                    .and(first, "first declared here")
                    .help("remove one of the two"),
                );
            }
        }
        Some(Pairs(pairs))
    }

    fn absent(_: Span) -> Option<Self> {
        Some(Pairs::default())
    }

    fn unreadable() -> Option<Self> {
        Some(Pairs::default())
    }
}

/// Reports that `node` is not a valid `noun`: with advice for this value if there is some, or else with the grammar and an
/// example.
pub(super) fn misread(
    node: &Node,
    noun: &str,
    expected: &str,
    example: &str,
    advice: Option<Advice>,
    reader: &mut Reader,
) {
    match advice {
        Some(Advice { why, help }) => bad_value_because(node, noun, &why, help, reader),
        None => bad_value(node, noun, expected, format!("write {example}"), reader),
    }
}

impl<T: Form> Decode for Value<T> {
    fn of_default(default: &str, owner: Span) -> Option<Self> {
        Some(Value { value: T::parse(default)?, text: Text::default_of(default, owner) })
    }

    fn unreadable() -> Option<Self> {
        let value = T::parse(T::EXAMPLE).expect("a form parses its example");
        Some(Value { value, text: Text::literal("", Span::PLACEHOLDER) })
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Scalar(text) = &node.kind else {
            wrong_type(node, &T::description(), reader);
            return None;
        };
        let written = text.value();
        let parsed = T::parse(&written);
        let has_type = match text.atom() {
            Atom::Null | Atom::Bool(_) => false,
            Atom::Int(_) | Atom::Float(_) => T::NUMBERS,
            Atom::Str(_) => true,
        };
        if has_type && let Some(value) = parsed {
            return Some(Value { value, text: text.clone() });
        }
        // A diagnostic that is not kept needs no advice, which may take longer than everything else.
        let advice = || if reader.is_full() { None } else { T::advice(&written) };
        if has_type {
            let advice = advice();
            misread(node, T::NOUN, T::EXPECTED, &T::description(), advice, reader);
            return None;
        }
        match (parsed, text.atom()) {
            (_, Atom::Null) => wrong_type(node, &T::description(), reader),
            (Some(_), _) => {
                let label = format!("YAML reads this as {}", node.type_name());
                wrong_string(node, T::NOUN, label, Help::write(format!("\"{written}\"")), reader);
            }
            (None, _) => {
                let advice = advice().unwrap_or_else(|| Advice {
                    why: format!("expected {}", T::EXPECTED),
                    help: format!("write {}", T::description()).into(),
                });
                wrong_string(node, T::NOUN, advice.why, advice.help, reader);
            }
        }
        None
    }
}

/// Parses one port of a short form, such as the `8080` of `8080:80`.
pub(crate) fn port_part(text: &Text) -> Option<u16> {
    let value = text.value();
    let port: u16 = value.parse().ok()?;
    (port > 0 && port.to_string() == value).then_some(port)
}
