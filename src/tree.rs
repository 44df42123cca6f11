//! The file after references are resolved. Every scalar has its value, and the constants that the value comes from, so that
//! the output can refer to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::Span;

/// One value.
#[derive(Clone, Debug)]
pub struct Node {
    /// The place of use: for a value that came by reference, the span of the reference.
    pub span: Span,
    /// The span of the constant that the value came from.
    pub defined: Option<Span>,
    /// The value.
    pub kind: Kind,
}

/// The kinds of values.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A string, a number, a boolean or null.
    Scalar(Text),
    /// A Nix expression, written with `!nix`.
    Nix(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping.
    Map(Vec<Entry>),
    /// A value that could not be parsed or resolved; a diagnostic was emitted.
    Unknown,
}

/// One `key: value`.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Text,
    /// The value.
    pub value: Node,
}

impl Entry {
    /// Reports whether this is a placeholder for a line that could not be parsed, which may contain an absent key.
    pub fn is_unreadable(&self) -> bool {
        matches!(self.value.kind, Kind::Unknown) && self.key.pieces.is_empty()
    }
}

/// The text of a scalar in pieces. Equality ignores spans.
#[derive(Clone, Debug)]
pub struct Text {
    /// The pieces. Two literals are never adjacent.
    pub pieces: Vec<Piece>,
    /// The place of use.
    pub span: Span,
    /// The scalar has no quotes, so that `1` is a number.
    pub plain: bool,
    /// The text is a default, and its span is the mapping that does not have the key.
    pub is_default: bool,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Text written in place.
    Literal(String),
    /// A reference to another scalar.
    Reference(Arc<Reference>),
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.plain == other.plain && self.pieces == other.pieces
    }
}

/// A reference to a scalar. It is shared, because passes copy texts, and few of them are references. Equality compares the
/// targets and ignores spans.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The target.
    pub target: Target,
    /// The value when the file is compiled.
    pub value: Atom,
    /// The span of the reference.
    pub span: Span,
}

impl PartialEq for Reference {
    fn eq(&self, other: &Reference) -> bool {
        self.target == other.target
    }
}

impl std::hash::Hash for Reference {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.target.hash(state);
    }
}

/// The name in the output that a reference becomes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A scalar of `constants`.
    Constant(Vec<Step>),
    /// A parameter of the preset that `service` starts from.
    Parameter {
        /// The service.
        service: String,
        /// The name of the parameter, and the path into its value.
        path: Vec<Step>,
    },
    /// The host's name, which another NixOS module may set.
    HostName,
    /// The host's time zone, which another NixOS module may set.
    TimeZone,
    /// The port of a service, an option of the output.
    Port(String),
    /// The content of a secret, which is known when the container starts. The value is the reference as written.
    Secret {
        /// The name of the secret.
        name: String,
        /// The parameter of a preset whose argument is the name, and the path into it.
        parameter: Option<Vec<Step>>,
    },
}

impl Target {
    /// The part of a constant or a parameter at one further step.
    pub fn below(mut self, step: Step) -> Target {
        if let Target::Constant(path) | Target::Parameter { path, .. } = &mut self {
            path.push(step);
        }
        self
    }

    /// The list whose first entry this is, and the number of its entries.
    pub fn list_of_first(&self) -> Option<(Target, usize)> {
        let mut list = self.clone();
        let (Target::Constant(path) | Target::Parameter { path, .. }) = &mut list else { return None };
        match path.pop()? {
            Step::Item { index: 0, of } => Some((list, of)),
            _ => None,
        }
    }
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A key of a mapping.
    Key(String),
    /// An entry of a list.
    Item {
        /// The index, from 0.
        index: usize,
        /// The number of entries.
        of: usize,
    },
}

/// A scalar's value, by YAML 1.2's core schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Atom {
    /// `null`, `~`, or an absent value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, as it is written.
    Float(String),
    /// A string.
    Str(String),
}

impl Atom {
    /// Resolves a plain scalar.
    pub fn from_plain(text: &str) -> Atom {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Atom::Null,
            "true" | "True" | "TRUE" => return Atom::Bool(true),
            "false" | "False" | "FALSE" => return Atom::Bool(false),
            _ => {}
        }
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
            if let Ok(number) = text.parse() {
                return Atom::Int(number);
            }
            return Atom::Float(text.to_owned());
        }
        let looks_like_float = digits.contains(|c: char| c.is_ascii_digit())
            && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
            && digits.matches('.').count() <= 1;
        if looks_like_float && text.parse::<f64>().is_ok() {
            return Atom::Float(text.to_owned());
        }
        Atom::Str(text.to_owned())
    }

    /// The text of the value inside a longer string.
    pub fn text(&self) -> String {
        match self {
            Atom::Null => String::new(),
            Atom::Bool(b) => b.to_string(),
            Atom::Int(n) => n.to_string(),
            Atom::Float(text) | Atom::Str(text) => text.clone(),
        }
    }

    /// The type, for a message.
    pub fn type_name(&self) -> &'static str {
        match self {
            Atom::Null => "an empty value",
            Atom::Bool(_) => "a boolean",
            Atom::Int(_) | Atom::Float(_) => "a number",
            Atom::Str(_) => "a string",
        }
    }
}

impl Text {
    /// Text without references, as if it were quoted.
    pub fn literal(text: impl Into<String>, span: Span) -> Text {
        Text { pieces: vec![Piece::Literal(text.into())], span, plain: false, is_default: false }
    }

    /// The default of a key that the mapping at `owner` does not have, as it would be written. A text that YAML reads as
    /// another number gets quotes.
    pub fn default_of(text: &str, owner: Span) -> Text {
        let plain = text.parse::<i64>().map_or(true, |number| number.to_string() == text);
        Text { plain, is_default: true, ..Text::literal(text, owner) }
    }

    /// An empty text, to which pieces can be added.
    pub fn empty(span: Span) -> Text {
        Text { pieces: Vec::new(), span, plain: false, is_default: false }
    }

    /// The text, unless it is a default.
    pub fn written(&self) -> Option<&Text> {
        (!self.is_default).then_some(self)
    }

    /// The value as a string.
    pub fn value(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Reference(reference) => reference.value.text(),
            })
            .collect()
    }

    /// The value with its YAML type.
    pub fn atom(&self) -> Atom {
        match self.pieces.as_slice() {
            [] if self.plain => Atom::Null,
            [] => Atom::Str(String::new()),
            [Piece::Reference(reference)] => reference.value.clone(),
            [Piece::Literal(text)] if self.plain => Atom::from_plain(text),
            _ => Atom::Str(self.value()),
        }
    }

    /// The reference, if the text is a single reference.
    pub fn reference(&self) -> Option<&Arc<Reference>> {
        match self.pieces.as_slice() {
            [Piece::Reference(reference)] => Some(reference),
            _ => None,
        }
    }

    /// Reports whether the text has no reference.
    pub fn is_literal(&self) -> bool {
        self.pieces.iter().all(|p| matches!(p, Piece::Literal(_)))
    }

    /// Splits at each `separator`. A reference that contains one becomes literal text. The parts keep the whole span.
    pub fn split(&self, separator: char) -> Vec<Text> {
        let part = || Text { plain: self.plain, ..Text::empty(self.span) };
        let (mut parts, mut last) = (Vec::new(), part());
        for piece in &self.pieces {
            let value = match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Reference(reference) => reference.value.text(),
            };
            if !value.contains(separator) {
                last.push(piece.clone());
                continue;
            }
            for (i, text) in value.split(separator).enumerate() {
                if i > 0 {
                    parts.push(std::mem::replace(&mut last, part()));
                }
                last.push(Piece::Literal(text.to_owned()));
            }
        }
        parts.push(last);
        parts
    }

    /// Splits at the first `separator` of the value.
    pub fn split_once(&self, separator: char) -> Option<(Text, Text)> {
        self.value().find(separator).map(|at| self.split_out(at, separator))
    }

    /// Splits at the last `separator` of the value.
    pub fn rsplit_once(&self, separator: char) -> Option<(Text, Text)> {
        self.value().rfind(separator).map(|at| self.split_out(at, separator))
    }

    fn split_out(&self, at: usize, separator: char) -> (Text, Text) {
        (self.split_at(at).0, self.split_at(at + separator.len_utf8()).1)
    }

    /// Splits at a byte of the value. A reference that is cut becomes literal text.
    pub fn split_at(&self, at: usize) -> (Text, Text) {
        let part = || Text::empty(self.span);
        let (mut before, mut after) = (part(), part());
        let mut passed = 0;
        for piece in &self.pieces {
            let value = match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Reference(reference) => reference.value.text(),
            };
            match at.saturating_sub(passed) {
                0 => after.push(piece.clone()),
                cut if cut >= value.len() => before.push(piece.clone()),
                cut => {
                    before.push(Piece::Literal(value[..cut].to_owned()));
                    after.push(Piece::Literal(value[cut..].to_owned()));
                }
            }
            passed += value.len();
        }
        (before, after)
    }

    /// Joins the parts with `separator`.
    pub fn join(parts: &[Text], separator: &str, span: Span) -> Text {
        let mut joined = Text::empty(span);
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                joined.push(Piece::Literal(separator.to_owned()));
            }
            part.pieces.iter().for_each(|p| joined.push(p.clone()));
        }
        joined
    }

    /// Appends a piece.
    pub fn push(&mut self, piece: Piece) {
        match (self.pieces.last_mut(), piece) {
            (_, Piece::Literal(text)) if text.is_empty() => {}
            (Some(Piece::Literal(last)), Piece::Literal(text)) => last.push_str(&text),
            (_, piece) => self.pieces.push(piece),
        }
    }
}

/// The attribute path of a key under `nixos`. A plain key is a path, in which quotes keep a name with a dot together, as in
/// Nix. A key in YAML's quotes is one name.
pub fn option_path(key: &Text) -> Vec<Text> {
    if !key.plain || !key.is_literal() {
        return vec![key.clone()];
    }
    let mut path = vec![String::new()];
    let mut quoted = false;
    for c in key.value().chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => path.push(String::new()),
            c => path.last_mut().expect("one step at least").push(c),
        }
    }
    path.into_iter().map(|step| Text::literal(step, key.span)).collect()
}

/// A NixOS option that a tree sets.
#[derive(Clone, Debug)]
pub struct SetOption<'a> {
    /// The path.
    pub path: Vec<String>,
    /// The span of the key.
    pub span: Span,
    /// The value.
    pub node: &'a Node,
}

/// The options that the tree under `nixos` sets, in the order of the file.
pub fn options(tree: &Node) -> Vec<SetOption<'_>> {
    fn below<'a>(node: &'a Node, path: &mut Vec<String>, span: Span, found: &mut Vec<SetOption<'a>>) {
        match &node.kind {
            Kind::Map(entries) if !entries.is_empty() => {
                for entry in entries {
                    let length = path.len();
                    path.extend(option_path(&entry.key).iter().map(Text::value));
                    below(&entry.value, path, entry.key.span, found);
                    path.truncate(length);
                }
            }
            _ => found.push(SetOption { path: path.clone(), span, node }),
        }
    }
    let mut found = Vec::new();
    below(tree, &mut Vec::new(), tree.span, &mut found);
    found
}

/// The files below `environment.etc` that options set, each with its path and its name. The name is the path relative to
/// /etc, unless `target` differs.
pub fn etc_files(options: &[SetOption<'_>]) -> Vec<(String, String)> {
    let mut targets: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for option in options {
        let [environment, etc, name, rest @ ..] = option.path.as_slice() else { continue };
        if environment == "environment" && etc == "etc" {
            let target = targets.entry(name).or_default();
            if rest == ["target"] {
                *target = option.node.text();
            }
        }
    }
    let path = |(name, target): (&str, Option<String>)| {
        let relative = target.as_deref().unwrap_or(name);
        (format!("/etc/{}", relative.trim_matches('/')), name.to_owned())
    };
    targets.into_iter().map(path).collect()
}

impl Node {
    /// [`Text::default_of`] as a value.
    pub fn default_of(text: &str, owner: Span) -> Node {
        Node { span: owner, defined: None, kind: Kind::Scalar(Text::default_of(text, owner)) }
    }

    /// The type, for a message.
    pub fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar(text) => text.atom().type_name(),
            Kind::Nix(_) => "a Nix expression",
            Kind::Unknown => "an unknown value",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// Reports whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(text) if text.atom() == Atom::Null)
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<String> {
        match &self.kind {
            Kind::Scalar(text) => Some(text.value()),
            _ => None,
        }
    }

    /// The value of `key` in a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|e| e.key.value() == key).map(|e| &e.value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_the_types_of_the_core_schema() {
        for (text, atom) in [
            ("8080", Atom::Int(8080)),
            ("-1", Atom::Int(-1)),
            ("0.5", Atom::Float("0.5".into())),
            ("1e3", Atom::Float("1e3".into())),
            ("1.2.3", Atom::Str("1.2.3".into())),
            ("no", Atom::Str("no".into())),
            ("true", Atom::Bool(true)),
            ("~", Atom::Null),
            ("2g", Atom::Str("2g".into())),
            ("22:22", Atom::Str("22:22".into())),
            ("2026-01-01", Atom::Str("2026-01-01".into())),
        ] {
            assert_eq!(Atom::from_plain(text), atom, "{text}");
        }
    }
}
