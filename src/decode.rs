//! Pass: [`tree`](crate::tree) → [`ast`](crate::ast). Reads every value with the type of its key, and continues after a
//! mistake, so that one run reports all of them.

pub(crate) mod allow;
mod backup;
pub(crate) mod caddy;
pub(crate) mod container;
mod deploy;
pub(crate) mod file;
mod foreign_key;
pub(crate) mod network;
mod reader;
pub(crate) mod scalar;
pub(crate) mod secret;
mod site;

pub(crate) use reader::Reader;

use crate::diag::{Code, Diagnostic, Edit, Fix, Help};
use crate::foreign_key::{Action, ForeignKey};
use crate::form::Advice;
use crate::printable::{hidden, without_hidden};
use crate::setting::UnreadableParts;
use crate::shape::Shape;
use crate::source::Span;
use crate::tree::{Entry, Kind, Node, Text};
use crate::word::is_word;

/// A type that can be decoded from the tree.
pub trait Decode: Sized {
    /// The keys and an example, for a mapping.
    const SHAPE: Option<Shape> = None;

    /// Decodes `node`. Returns `None` if the value is invalid, after pushing a diagnostic.
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// The default of a key of the mapping at `owner`, written as `default`. A container has fifteen defaults, so most
    /// types build the value without a node.
    fn of_default(default: &str, owner: Span) -> Option<Self> {
        Self::decode(&Node::default_of(default, owner), &mut Reader::default())
    }

    /// A placeholder for an invalid value, so that the values around it are still checked. It never reaches the output.
    fn unreadable() -> Option<Self> {
        None
    }

    /// The item of a list that a scalar `text` in the list's place probably stands for.
    fn item_of(text: &str) -> String {
        text.to_owned()
    }

    /// The value for a key that the mapping at `owner` does not have. Returns `None` for a required key.
    fn absent(_owner: Span) -> Option<Self> {
        None
    }
}

impl<T: Decode> Decode for Option<T> {
    const SHAPE: Option<Shape> = T::SHAPE;

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if node.is_null() {
            return Some(None);
        }
        T::decode(node, reader).map(Some)
    }

    fn absent(_: Span) -> Option<Self> {
        Some(None)
    }

    /// An invalid value is not an absent one.
    fn unreadable() -> Option<Self> {
        Some(T::unreadable())
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            return single_item(node, reader);
        };
        let decoded: Vec<T> = items.iter().filter_map(|item| T::decode(item, reader)).collect();
        Some(decoded)
    }

    fn absent(_: Span) -> Option<Self> {
        Some(Vec::new())
    }

    fn unreadable() -> Option<Self> {
        Some(Vec::new())
    }
}

impl<T: Decode> Decode for Box<T> {
    const SHAPE: Option<Shape> = T::SHAPE;

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        T::decode(node, reader).map(Box::new)
    }
}

/// Reports a single value in the place of a list, and decodes it as the list's only item.
fn single_item<T: Decode>(node: &Node, reader: &mut Reader) -> Option<Vec<T>> {
    let read = T::decode(node, &mut Reader::default());
    let help: Help = match &node.kind {
        Kind::Scalar(text) if is_item_without_space(&text.value()) => {
            format!("write `- {}`: a space follows the hyphen", &text.value()[1..]).into()
        }
        Kind::Scalar(text) if !node.is_null() => {
            let value = text.value();
            match read.is_none().then(|| several::<T>(node, &value)).flatten() {
                Some(items) => {
                    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
                    Help::write(format!("[{}]", items.join(", "))).likely()
                }
                None => {
                    let help = Help::write(format!("[{}]", quoted(&T::item_of(&value))));
                    if read.is_some() && text.is_literal() { help } else { help.likely() }
                }
            }
        }
        Kind::Map(_) if read.is_some() => "write `- ` before the first key of the mapping".into(),
        _ => "write a list".into(),
    };
    wrong_type_with(node, "a list", help, reader);
    read.map(|one| vec![one])
}

/// Splits `text` at commas and spaces, if each part can be decoded as an item in the place of `node`.
fn several<'t, T: Decode>(node: &Node, text: &'t str) -> Option<Vec<&'t str>> {
    let items: Vec<&str> =
        text.split([',', ' ']).filter(|item| !item.is_empty()).take(MAX_ITEMS + 1).collect();
    let is_item = |item: &&str| {
        let kind = Kind::Scalar(Text::literal(*item, node.span));
        T::decode(&Node { span: node.span, defined: None, kind }, &mut Reader::default()).is_some()
    };
    (1 < items.len() && items.len() <= MAX_ITEMS && items.iter().all(is_item)).then_some(items)
}

/// The most items that a help shows.
const MAX_ITEMS: usize = 8;

/// Reports whether `text` is `-item`, and not an option such as `-v` and `--volume`.
fn is_item_without_space(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or_default().as_bytes();
    matches!(rest, [first, second, ..] if *first != b'-' && (!first.is_ascii_alphabetic() || second.is_ascii_alphanumeric()))
}

/// `text` as an item of a list in brackets, in quotes if its characters need them.
fn quoted(text: &str) -> String {
    if is_word(text, b"_-./") { text.to_owned() } else { double_quoted(text) }
}

/// `text` in double quotes. YAML's escapes include those of JSON.
fn double_quoted(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON")
}

/// Reports that `node` has another type than `expected`.
pub(crate) fn wrong_type(node: &Node, expected: &str, reader: &mut Reader) {
    wrong_type_with(node, expected, format!("write {expected}").into(), reader);
}

/// Reports that `node` has another type than `expected`, with help for this value if there is some.
pub(crate) fn wrong_scalar(node: &Node, expected: &str, help: Option<Help>, reader: &mut Reader) {
    wrong_type_with(node, expected, help.unwrap_or_else(|| format!("write {expected}").into()), reader);
}

/// Reports that `node` is not a mapping, with an example of one.
pub(crate) fn no_mapping(node: &Node, example: Option<&str>, reader: &mut Reader) {
    let help = match example {
        Some(example) => format!("write a mapping, such as `{example}`"),
        None => "write a mapping".to_owned(),
    };
    wrong_type_with(node, "a mapping", help.into(), reader);
}

/// Reports that `node` is not a mapping, with advice for this value.
pub(crate) fn wrong_type_because(node: &Node, advice: Advice, reader: &mut Reader) {
    wrong_type_at(node, "a mapping", advice.why, advice.help, reader);
}

fn wrong_type_with(node: &Node, expected: &str, help: Help, reader: &mut Reader) {
    let label = format!("this is {}", node.type_name());
    wrong_type_at(node, expected, label, help, reader);
}

fn wrong_type_at(node: &Node, expected: &str, label: String, help: Help, reader: &mut Reader) {
    let title = format!("expected {expected}, found {}", node.type_name());
    report_wrong_type(node, title, label, help, reader);
}

/// Reports a number, a boolean or null in the place of a `noun`, which is a string.
pub(crate) fn wrong_string(node: &Node, noun: &str, why: String, help: Help, reader: &mut Reader) {
    let title = format!("`{}` is not {}", node.text().unwrap_or_default(), valid(noun));
    report_wrong_type(node, title, why, help, reader);
}

fn report_wrong_type(node: &Node, title: String, label: String, help: Help, reader: &mut Reader) {
    if matches!(node.kind, Kind::Unknown) {
        reader.skip();
        return;
    }
    let code = if node.defined.is_some() { Code::ReferenceType } else { Code::WrongType };
    report_value(node, Diagnostic::new(code, title, node.span, ""), label, help, reader);
}

/// Reports the value of `node`. An invisible character in the value takes precedence over `label` and `help`: it is the
/// mistake then.
fn report_value(node: &Node, mut diagnostic: Diagnostic, label: String, help: Help, reader: &mut Reader) {
    let (label, help) = hidden_in(node).unwrap_or((label, help));
    diagnostic.labels[0].text = label;
    match node.defined {
        Some(defined) => diagnostic = diagnostic.and(defined, "defined here"),
        // A value that came by reference is defined in another place, and may be used by other keys.
        None => diagnostic = diagnostic.fix(help.fix(node.span)),
    }
    reader.push(diagnostic.help(help.text));
}

/// The label and the help for a scalar with an invisible character.
fn hidden_in(node: &Node) -> Option<(String, Help)> {
    let Kind::Scalar(text) = &node.kind else { return None };
    let written = text.value();
    let help = Help::write(without_hidden(&written));
    Some((hidden(&written)?, if text.plain { help } else { help.likely() }))
}

/// Reports that `node` has the right type and is not a valid `noun`. `expected` is the grammar.
pub(crate) fn bad_value(node: &Node, noun: &str, expected: &str, help: impl Into<Help>, reader: &mut Reader) {
    bad_value_because(node, noun, &format!("expected {expected}"), help, reader);
}

/// Reports that `node` has the right type and is not a valid `noun`, with the reason for this value.
pub(crate) fn bad_value_because(
    node: &Node,
    noun: &str,
    why: &str,
    help: impl Into<Help>,
    reader: &mut Reader,
) {
    if matches!(node.kind, Kind::Unknown) {
        reader.skip();
        return;
    }
    let noun = valid(noun);
    let title = match &node.kind {
        Kind::Scalar(text) if text.value().is_empty() => format!("an empty string is not {noun}"),
        Kind::Scalar(text) => format!("`{}` is not {noun}", text.value()),
        _ => format!("this is not {noun}"),
    };
    let diagnostic = Diagnostic::new(Code::BadValue, title, node.span, "");
    report_value(node, diagnostic, why.to_owned(), help.into(), reader);
}

/// `a port` as `a valid port`.
fn valid(noun: &str) -> String {
    match noun.split_once(' ') {
        Some(("a" | "an", noun)) => format!("a valid {noun}"),
        _ => noun.to_owned(),
    }
}

/// The undeclared keys of a mapping. Each is one mistake: the value is decoded if the intended key is known, and mistakes
/// inside the value are not reported.
#[derive(Default)]
pub struct UnknownKeys<'a> {
    /// An example of the mapping, in flow style.
    example: &'static str,
    /// The declared keys that undeclared ones probably stand for. Their absence needs no diagnostic of its own.
    intended: Vec<&'static str>,
    /// The keys without a known intended key.
    unexplained: Vec<&'a Entry>,
    /// The required keys that are absent.
    missing: Vec<&'static str>,
    /// A line could not be parsed. An absent key may be in it.
    is_cut: bool,
    /// The last declared key, if it has no value. Undeclared keys after it are probably its value without indentation.
    empty: Option<&'a Entry>,
    /// The keys in the column of the key that they belong to, after that key.
    unindented: Vec<(&'a Entry, &'a Entry)>,
}

impl<'a> UnknownKeys<'a> {
    /// No undeclared keys, of a mapping of type `T`.
    fn of<T: Decode>() -> Self {
        UnknownKeys {
            example: T::SHAPE.map(|shape| shape.example).unwrap_or_default(),
            ..UnknownKeys::default()
        }
    }

    /// Records a line that could not be parsed.
    pub fn cut(&mut self) {
        self.is_cut = true;
        self.empty = None;
    }

    /// Records `entry`, whose key is declared. Returns whether it has a value: `key:` equals an absent key.
    pub fn has_value(&mut self, entry: &'a Entry) -> bool {
        let is_null = entry.value.is_null() && entry.value.defined.is_none();
        let is_empty = is_null && entry.value.text().is_some_and(|text| text.is_empty());
        self.empty = is_empty.then_some(entry);
        !is_null
    }

    /// Records the undeclared key of `entry`, one of `entries`. Returns the key under which its value can be decoded. Keys
    /// that together replace another key are reported together.
    pub fn take(
        &mut self,
        entry: &'a Entry,
        entries: &'a [Entry],
        known: &'static [&'static str],
        reader: &mut Reader,
    ) -> Option<&'static str> {
        reader.mute(entry.value.span);
        // Searching for the intended key takes longer than everything else.
        if reader.is_full_after(self.unexplained.len()) {
            return None;
        }
        let written = entry.key.value();
        // Most keys of this language are lower case, and most variables are not.
        let is_variable = !written.contains(|c: char| c.is_ascii_lowercase());
        if let Some(above) = self.empty
            && (is_variable
                || self.unindented.last().is_some_and(|(owner, _)| owner.key.span == above.key.span))
        {
            self.unindented.push((above, entry));
            return None;
        }
        if let Some(foreign) = foreign_key::of(entry, known) {
            report_foreign(entry, entries, foreign, known, reader);
            let is_renamed = matches!(foreign.action, Action::Rename { .. });
            return self.stand_for(&foreign.beside, entries).filter(|_| is_renamed);
        }
        let Some(suggested) = crate::diag::closest(&without_hidden(&written), known.iter().copied()) else {
            match self.empty {
                Some(above) => self.unindented.push((above, entry)),
                None => self.unexplained.push(entry),
            }
            return None;
        };
        let help = Help::write(suggested).likely().with_text(format!("did you mean `{suggested}`?"));
        report_key(entry, help, reader);
        self.stand_for(suggested, entries)
    }

    /// Records that `key` was intended. Returns it, unless the mapping already has a value for it.
    fn stand_for(&mut self, key: &'static str, entries: &[Entry]) -> Option<&'static str> {
        let is_there = self.mean(key) || entries.iter().any(|other| other.key.value() == key);
        self.intended.push(key);
        (!is_there).then_some(key)
    }

    /// Reports whether an undeclared key probably stands for `key`.
    pub fn mean(&self, key: &str) -> bool {
        self.intended.contains(&key)
    }

    /// The value for the absent `key` of the mapping at `owner`. A required key that is absent beside an undeclared one is
    /// part of the same mistake.
    pub fn absent<T: Decode>(&mut self, key: &'static str, owner: Span, reader: &mut Reader) -> Option<T> {
        let value = T::absent(owner);
        if value.is_none() && !self.is_cut {
            match self.unexplained.is_empty() && self.unindented.is_empty() {
                true => reader.push(Diagnostic::missing_key(key, owner, self.example)),
                false => self.missing.push(key),
            }
        }
        value
    }

    /// Reports the keys without a known intended key, once the missing keys of the mapping are known.
    pub fn report(&self, known: &'static [&'static str], reader: &mut Reader) {
        for group in self.unindented.chunk_by(|a, b| a.0.key.span == b.0.key.span) {
            report_unindented(group, reader);
        }
        for (at, entry) in self.unexplained.iter().enumerate() {
            let listed = format!("the keys here are {}", known.join(", "));
            let help = match self.missing.as_slice() {
                [one] if self.unexplained.len() == 1 => format!("did you mean `{one}`, which is missing?"),
                missing if at == 0 && !missing.is_empty() => {
                    format!("{listed}; these are required: {}", missing.join(", "))
                }
                _ => listed,
            };
            report_key(entry, help.into(), reader);
        }
    }
}

/// Reports keys that follow the same key without a value.
fn report_unindented(keys: &[(&Entry, &Entry)], reader: &mut Reader) {
    let [(above, first), others @ ..] = keys else { return };
    let title = format!("`{}` is not a valid key here", first.key.value());
    let mut diagnostic = Diagnostic::new(Code::UnknownKey, title, first.key.span, "unknown key");
    for (_, other) in others.iter().take(MAX_PLACES) {
        diagnostic = diagnostic.and(other.key.span, "unknown key");
    }
    let above = (above.key.value(), above.key.span);
    reader.push(
        diagnostic.and(above.1, "has no value").help(format!("indent these lines below `{}`", above.0)),
    );
}

/// The most further undeclared keys that one diagnostic shows.
const MAX_PLACES: usize = 6;

/// Reports the key of `entry`. An invisible character in the key takes precedence over `help`.
fn report_key(entry: &Entry, help: Help, reader: &mut Reader) {
    let written = entry.key.value();
    let (label, help) = match hidden(&written) {
        Some(hidden) => (hidden, Help::write(without_hidden(&written))),
        None => ("unknown key".to_owned(), help),
    };
    let title = format!("`{written}` is not a valid key here");
    let fix = help.fix(entry.key.span);
    let diagnostic = Diagnostic::new(Code::UnknownKey, title, entry.key.span, label);
    // A reference in the key may be invalid.
    reader.push(diagnostic.help(help.text).fix(fix).yields());
}

/// Reports the key of `entry`, one of `entries`, that is `foreign`. Keys that together replace another key get one
/// diagnostic.
fn report_foreign(
    entry: &Entry,
    entries: &[Entry],
    foreign: &ForeignKey,
    known: &'static [&'static str],
    reader: &mut Reader,
) {
    let title = format!("`{}` is not a valid key here", entry.key.value());
    let mut diagnostic = Diagnostic::new(Code::UnknownKey, title, entry.key.span, "unknown key");
    if !matches!(foreign.action, Action::Rename { .. }) {
        let together =
            |other: &&Entry| foreign_key::of(other, known).is_some_and(|other| other.help == foreign.help);
        let mut others = entries.iter().filter(together);
        if others.next().is_some_and(|first| first.key.span != entry.key.span) {
            return;
        }
        diagnostic = others.fold(diagnostic, |d, other| d.and(other.key.span, "unknown key"));
    }
    let fix = foreign_fix(entry, entries, foreign, known);
    reader.push(diagnostic.help(foreign_key::help(foreign, entry)).fix(fix));
}

/// The edit that moves the value of `entry` to its own key, unless that key already has a value.
fn foreign_fix(
    entry: &Entry,
    entries: &[Entry],
    foreign: &ForeignKey,
    known: &'static [&'static str],
) -> Option<Fix> {
    let has = |key: &str| entries.iter().any(|other| other.key.value() == key);
    match &foreign.action {
        Action::Rename { is_certain: true } if !has(&foreign.beside) => {
            Some(Fix::certain(entry.key.span, &foreign.beside))
        }
        Action::MoveUnder(parent, _) if !has(parent) => {
            let moves = |other: &&Entry| {
                foreign_key::of(other, known)
                    .is_some_and(|other| matches!(&other.action, Action::MoveUnder(its, _) if its == parent))
            };
            let is_alone = entries.iter().filter(moves).count() == 1;
            let (parent, members) = foreign_key::moved(foreign, entry).filter(|_| is_alone)?;
            let mut fix = Fix::certain(entry.key.span, parent);
            fix.edits.push(Edit { span: entry.value.span, text: members });
            Some(fix)
        }
        _ => None,
    }
}

/// A mapping that is decoded key by key, or a part of one.
pub trait Fields: Sized {
    /// The values decoded so far.
    type Partial: Default;

    /// The declared keys.
    const KEYS: &'static [&'static str];

    /// Decodes the value of `key`. Returns whether the value is valid; `None` if the key is not declared.
    fn read(partial: &mut Self::Partial, key: &str, value: &Node, reader: &mut Reader) -> Option<bool>;

    /// Completes the mapping at `at`. `unreadable` are the values that could not be decoded. Reports absent required keys.
    fn finish(
        partial: Self::Partial,
        at: Span,
        unreadable: UnreadableParts,
        unknown: &mut UnknownKeys,
        reader: &mut Reader,
    ) -> Option<Self>;

    /// A placeholder with the required keys only, whose values are placeholders too.
    fn unreadable(at: Span, unreadable: UnreadableParts) -> Option<Self>;

    /// The required keys: their absence is a diagnostic.
    fn required() -> Vec<&'static str>;

    /// The keys with a default, and the default as it would be written.
    fn defaults() -> Vec<(&'static str, &'static str)>;
}

/// Decodes the mapping at `at` from its entries.
pub(crate) fn mapping<T: Decode + Fields>(entries: &[Entry], at: Span, reader: &mut Reader) -> Option<T> {
    let mut partial = T::Partial::default();
    let mut unknown = UnknownKeys::of::<T>();
    let mut unreadable = UnreadableParts::default();
    for entry in entries {
        if entry.is_unreadable() {
            unknown.cut();
            unreadable.add_unknown(String::new());
            reader.skip();
            continue;
        }
        let written = entry.key.value();
        let key = match T::KEYS.iter().find(|key| **key == written) {
            Some(key) => key,
            None => match unknown.take(entry, entries, T::KEYS, reader) {
                Some(intended) => {
                    unreadable.add_key(intended);
                    intended
                }
                None => {
                    unreadable.add_unknown(written);
                    continue;
                }
            },
        };
        if !unknown.has_value(entry) {
            continue;
        }
        let before = reader.unreadable();
        let is_read = T::read(&mut partial, key, &entry.value, reader).unwrap_or(true);
        if !is_read || reader.unreadable() > before {
            unreadable.add_key(key);
        }
    }
    let read = T::finish(partial, at, unreadable, &mut unknown, reader);
    unknown.report(T::KEYS, reader);
    read
}

/// An empty mapping at `at`.
pub(crate) fn empty_mapping<T: Decode + Fields>(at: Span, reader: &mut Reader) -> Option<T> {
    T::finish(T::Partial::default(), at, UnreadableParts::default(), &mut UnknownKeys::of::<T>(), reader)
}

/// A placeholder for a mapping that cannot be decoded at all.
pub(crate) fn unreadable_mapping<T: Fields>() -> Option<T> {
    T::unreadable(Span::PLACEHOLDER, UnreadableParts::whole())
}

/// Decodes the value of a key that has a default.
pub(crate) fn value_or_default<T: Decode>(
    node: &Node,
    default: &'static str,
    reader: &mut Reader,
) -> Option<T> {
    if node.is_null() { T::of_default(default, node.span) } else { T::decode(node, reader) }
}

/// A placeholder for an invalid value of a key with this default. It counts as written, and has no place.
pub(crate) fn unreadable_value<T: Decode>(default: &'static str) -> Option<T> {
    let mut node = Node::default_of(default, Span::PLACEHOLDER);
    if let Kind::Scalar(text) = &mut node.kind {
        text.is_default = false;
    }
    T::decode(&node, &mut Reader::default())
}

/// `always, on-failure or no`.
pub(crate) fn one_of(words: &[&str]) -> String {
    match words {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        words => words.concat(),
    }
}

/// Reports a `word` that is not one of `words`, the values of a `noun`.
pub(crate) fn unknown_word(
    node: &Node,
    noun: &str,
    word: &str,
    words: &[&str],
    advice: Option<Advice>,
    reader: &mut Reader,
) {
    let close = crate::diag::closest(&without_hidden(word), words.iter().copied());
    let help = match (advice, close) {
        (Some(advice), _) => advice.help,
        (None, Some(close)) => Help::write(close).likely().with_text(format!("did you mean `{close}`?")),
        (None, None) => format!("write one of {}", words.join(", ")).into(),
    };
    let label = format!("expected {}", one_of(words));
    let title = match node.is_null() {
        true => format!("expected {noun}, found {}", node.type_name()),
        false => format!("`{word}` is not {}", valid(noun)),
    };
    report_value(node, Diagnostic::new(Code::BadValue, title, node.span, ""), label, help, reader);
}

/// Decodes one of `words`, each of which is `noun`, such as `a restart policy`. `advice` explains other words.
pub(crate) fn word<T: Copy>(
    node: &Node,
    noun: &str,
    words: &[(&str, T)],
    advice: fn(&str) -> Option<Advice>,
    reader: &mut Reader,
) -> Option<T> {
    let names = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>();
    let Kind::Scalar(text) = &node.kind else {
        wrong_scalar(node, noun, Some(format!("write one of {}", names().join(", ")).into()), reader);
        return None;
    };
    let word = text.value();
    let found = words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    if found.is_none() {
        unknown_word(node, noun, &word, &names(), advice(&word), reader);
    }
    found
}
