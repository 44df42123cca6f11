//! Pass: [`tree`](crate::tree) → [`ast`](crate::ast). Reads every value with the type that its place
//! asks for, and goes on after a mistake, so that all of them are found in one run.

pub(crate) mod allow;
pub(crate) mod caddy;
pub(crate) mod container;
mod deploy;
pub(crate) mod file;
mod foreign_key;
pub(crate) mod network;
mod reader;
pub(crate) mod scalar;
pub(crate) mod secret;

pub(crate) use reader::Reader;

use crate::diag::{Code, Diagnostic, Edit, Fix, Help};
use crate::foreign_key::{Action, ForeignKey};
use crate::form::Advice;
use crate::printable::{hidden, without_hidden};
use crate::setting::Unread;
use crate::shape::Shape;
use crate::source::Span;
use crate::tree::{Entry, Kind, Node, Text};
use crate::word::is_word;

/// A type that can be read out of the tree.
pub trait Decode: Sized {
    /// What it looks like, if it is a mapping.
    const SHAPE: Option<Shape> = None;

    /// Reads it. `None` if it cannot be read; what is wrong was pushed.
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// The default of a key of the mapping at `owner`, which is written as `default`. A container has fifteen, so that the
    /// types of most of them make no node of the text.
    fn of_default(default: &str, owner: Span) -> Option<Self> {
        Self::decode(&Node::default_of(default, owner), &mut Reader::default())
    }

    /// What stands for one that cannot be read, so that what is around it is looked at all the same. No
    /// output is made of it.
    fn unreadable() -> Option<Self> {
        None
    }

    /// What was probably meant by a scalar `text` that stands where a list belongs.
    fn meant_by(text: &str) -> String {
        text.to_owned()
    }

    /// What stands for it when its `key` is absent from the mapping at `owner`. `None` if it has to be
    /// there, which was pushed.
    fn absent(key: &str, owner: Span, reader: &mut Reader) -> Option<Self> {
        reader.push(
            Diagnostic::new(
                Code::MissingKey,
                format!("`{key}` is missing"),
                owner,
                format!("has no `{key}`"),
            )
            .help(format!("add `{key}:`")),
        );
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

    fn absent(_: &str, _: Span, _: &mut Reader) -> Option<Self> {
        Some(None)
    }

    /// What is there and cannot be read is not absent.
    fn unreadable() -> Option<Self> {
        Some(T::unreadable())
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            return one_in_place_of_a_list(node, reader);
        };
        let decoded: Vec<T> = items.iter().filter_map(|item| T::decode(item, reader)).collect();
        Some(decoded)
    }

    fn absent(_: &str, _: Span, _: &mut Reader) -> Option<Self> {
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

/// Reports a value that stands where a list of such values belongs, and reads it.
fn one_in_place_of_a_list<T: Decode>(node: &Node, reader: &mut Reader) -> Option<Vec<T>> {
    let read = T::decode(node, &mut Reader::default());
    let help: Help = match &node.kind {
        Kind::Scalar(text) if is_item_without_space(&text.value()) => {
            format!("write `- {}`, with a space after the hyphen", &text.value()[1..]).into()
        }
        Kind::Scalar(text) if !node.is_null() => {
            let value = text.value();
            match read.is_none().then(|| several::<T>(node, &value)).flatten() {
                Some(items) => {
                    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
                    Help::write(format!("[{}]", items.join(", "))).likely()
                }
                None => {
                    let help = Help::write(format!("[{}]", quoted(&T::meant_by(&value))));
                    if read.is_some() && text.is_literal() { help } else { help.likely() }
                }
            }
        }
        Kind::Map(_) if read.is_some() => "write `- ` before its first key: it is one entry of a list".into(),
        _ => "write a list".into(),
    };
    wrong_type_with(node, "a list", help, reader);
    read.map(|one| vec![one])
}

/// The items in `text`, with commas or spaces between them, if each of them can be read at the place of `node`.
fn several<'t, T: Decode>(node: &Node, text: &'t str) -> Option<Vec<&'t str>> {
    let items: Vec<&str> =
        text.split([',', ' ']).filter(|item| !item.is_empty()).take(MAX_ITEMS + 1).collect();
    let is_item = |item: &&str| {
        let kind = Kind::Scalar(Text::literal(*item, node.span));
        T::decode(&Node { span: node.span, defined: None, kind }, &mut Reader::default()).is_some()
    };
    (1 < items.len() && items.len() <= MAX_ITEMS && items.iter().all(is_item)).then_some(items)
}

/// How many items a help shows.
const MAX_ITEMS: usize = 8;

/// Whether `text` is `-item`, and not an option such as `-v` and `--volume`.
fn is_item_without_space(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or_default().as_bytes();
    matches!(rest, [first, second, ..] if *first != b'-' && (!first.is_ascii_alphabetic() || second.is_ascii_alphanumeric()))
}

/// `text` as an entry of a list in brackets, which needs quotes around some characters.
fn quoted(text: &str) -> String {
    if is_word(text, b"_-./") { text.to_owned() } else { double_quoted(text) }
}

/// `text` in double quotes, whose escapes YAML reads as JSON does.
fn double_quoted(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON")
}

/// Says that `node` is not `wanted`.
pub(crate) fn wrong_type(node: &Node, wanted: &str, reader: &mut Reader) {
    wrong_type_with(node, wanted, format!("write {wanted}").into(), reader);
}

/// Reports a scalar of another type than `wanted`, and the value that was probably meant.
pub(crate) fn wrong_scalar(node: &Node, wanted: &str, help: Option<Help>, reader: &mut Reader) {
    wrong_type_with(node, wanted, help.unwrap_or_else(|| format!("write {wanted}").into()), reader);
}

/// Says that `node` is no mapping, and shows one.
pub(crate) fn no_mapping(node: &Node, example: Option<&str>, reader: &mut Reader) {
    let help = match example {
        Some(example) => format!("write a mapping, such as `{example}`"),
        None => "write a mapping".to_owned(),
    };
    wrong_type_with(node, "a mapping", help.into(), reader);
}

/// The same, where it is known what was meant.
pub(crate) fn wrong_type_because(node: &Node, advice: Advice, reader: &mut Reader) {
    wrong_type_at(node, "a mapping is needed here", advice.why, advice.help, reader);
}

fn wrong_type_with(node: &Node, wanted: &str, help: Help, reader: &mut Reader) {
    let found = format!("this is {}", node.type_name());
    wrong_type_at(node, &format!("{wanted} is needed here"), found, help, reader);
}

fn wrong_type_at(node: &Node, said: &str, label: String, help: Help, reader: &mut Reader) {
    if matches!(node.kind, Kind::Unknown) {
        reader.skip();
        return;
    }
    let code = if node.defined.is_some() { Code::ReferenceType } else { Code::WrongType };
    report_value(node, Diagnostic::new(code, said, node.span, ""), label, help, reader);
}

/// Reports what is wrong with the value of `node`: `label` says why, `help` what to do. An invisible character is the
/// mistake where there is one.
fn report_value(node: &Node, mut diagnostic: Diagnostic, label: String, help: Help, reader: &mut Reader) {
    let (label, help) = hidden_in(node).unwrap_or((label, help));
    diagnostic.labels[0].text = label;
    match node.defined {
        Some(defined) => diagnostic = diagnostic.and(defined, "defined here"),
        // A value that came by reference is written elsewhere, also for others.
        None => diagnostic = diagnostic.fix(help.fix(node.span)),
    }
    reader.push(diagnostic.help(help.text));
}

/// The label and the help for a scalar in which a character cannot be seen.
fn hidden_in(node: &Node) -> Option<(String, Help)> {
    let Kind::Scalar(text) = &node.kind else { return None };
    let written = text.value();
    let help = Help::write(without_hidden(&written));
    Some((hidden(&written)?, if text.plain { help } else { help.likely() }))
}

/// Says that `node` is of the right type and not a `noun`, and what to do.
pub(crate) fn bad_value(node: &Node, noun: &str, help: impl Into<Help>, reader: &mut Reader) {
    bad_value_because(node, noun, "cannot be read", help, reader);
}

/// The same, where it is known why it is none.
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
    let said = match &node.kind {
        Kind::Scalar(text) if text.value().is_empty() => format!("an empty text is not {noun}"),
        Kind::Scalar(text) => format!("`{}` is not {noun}", text.value()),
        _ => format!("this is not {noun}"),
    };
    let diagnostic = Diagnostic::new(Code::BadValue, said, node.span, "");
    report_value(node, diagnostic, why.to_owned(), help.into(), reader);
}

/// The keys of a mapping that it does not declare. One is one mistake: its value is read where it is known what was
/// meant, and whatever is wrong with it is not reported.
#[derive(Default)]
pub struct UnknownKeys<'a> {
    /// The keys that were meant. Their absence needs no diagnostic of its own.
    meant: Vec<&'static str>,
    /// Those of which nobody knows what was meant.
    unexplained: Vec<&'a Entry>,
    /// The required keys that are absent.
    missing: Vec<&'static str>,
    /// Whether a line could not be read. What is absent may stand there.
    is_cut: bool,
    /// The last declared key, if it has no value. Unknown keys behind it are its value, which is not indented.
    empty: Option<&'a Entry>,
    /// The keys that stand in the column of the key that they belong to, and that key.
    unindented: Vec<(&'a Entry, &'a Entry)>,
}

impl<'a> UnknownKeys<'a> {
    /// Notes a line that could not be read.
    pub fn cut(&mut self) {
        self.is_cut = true;
        self.empty = None;
    }

    /// Notes `entry`, whose key is declared. Returns whether it has a value: `key:` is as good as no key.
    pub fn has_value(&mut self, entry: &'a Entry) -> bool {
        let is_null = entry.value.is_null() && entry.value.defined.is_none();
        let is_empty = is_null && entry.value.text().is_some_and(|text| text.is_empty());
        self.empty = is_empty.then_some(entry);
        !is_null
    }

    /// Takes in the unknown key of `entry`, one of `entries`. Returns the key under which its value can be read. Keys that
    /// stand together for one other are reported together.
    pub fn take(
        &mut self,
        entry: &'a Entry,
        entries: &'a [Entry],
        known: &'static [&'static str],
        reader: &mut Reader,
    ) -> Option<&'static str> {
        reader.mute(entry.value.span);
        // To look for what was meant takes longer than all else.
        if reader.is_full_after(self.unexplained.len()) {
            return None;
        }
        let written = entry.key.value();
        // Most keys of this language are in lower case, and most variables are not.
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
        let Some(meant) = crate::diag::closest(&without_hidden(&written), known.iter().copied()) else {
            match self.empty {
                Some(above) => self.unindented.push((above, entry)),
                None => self.unexplained.push(entry),
            }
            return None;
        };
        let help = Help::write(meant).likely().say(format!("did you mean `{meant}`?"));
        report_key(entry, help, reader);
        self.stand_for(meant, entries)
    }

    /// Notes that `key` was meant. Returns it, unless the mapping has a value of it already.
    fn stand_for(&mut self, key: &'static str, entries: &[Entry]) -> Option<&'static str> {
        let is_there = self.mean(key) || entries.iter().any(|other| other.key.value() == key);
        self.meant.push(key);
        (!is_there).then_some(key)
    }

    /// Whether an unknown key stands for `key`.
    pub fn mean(&self, key: &str) -> bool {
        self.meant.contains(&key)
    }

    /// What stands for the absent `key` of the mapping at `owner`. A required key that is absent beside an unknown one is a
    /// part of the same mistake.
    pub fn absent<T: Decode>(&mut self, key: &'static str, owner: Span, reader: &mut Reader) -> Option<T> {
        if self.unexplained.is_empty() && self.unindented.is_empty() && !self.is_cut {
            return T::absent(key, owner, reader);
        }
        let value = T::absent(key, owner, &mut Reader::default());
        if value.is_none() && !self.is_cut {
            self.missing.push(key);
        }
        value
    }

    /// Reports those of which nobody knows what was meant, once it is known what is missing beside them.
    pub fn report(&self, known: &'static [&'static str], reader: &mut Reader) {
        for group in self.unindented.chunk_by(|a, b| a.0.key.span == b.0.key.span) {
            report_unindented(group, reader);
        }
        for (at, entry) in self.unexplained.iter().enumerate() {
            let listed = crate::diag::suggestion("", known.iter().copied());
            let help = match self.missing.as_slice() {
                [one] if self.unexplained.len() == 1 => format!("did you mean `{one}`, which is missing?"),
                missing if at == 0 && !missing.is_empty() => {
                    format!("{listed}; required: {}", missing.join(", "))
                }
                _ => listed,
            };
            report_key(entry, help.into(), reader);
        }
    }
}

/// Reports keys, each with the same key without a value above it.
fn report_unindented(keys: &[(&Entry, &Entry)], reader: &mut Reader) {
    let [(above, first), others @ ..] = keys else { return };
    let title = format!("there is no key `{}` here", first.key.value());
    let mut diagnostic = Diagnostic::new(Code::UnknownKey, title, first.key.span, "unknown key");
    for (_, other) in others.iter().take(MAX_PLACES) {
        diagnostic = diagnostic.and(other.key.span, "unknown key");
    }
    let above = (above.key.value(), above.key.span);
    reader
        .push(diagnostic.and(above.1, "has no value").help(format!("indent the lines below `{}`", above.0)));
}

/// How many more unknown keys one diagnostic shows.
const MAX_PLACES: usize = 6;

/// Reports the key of `entry`. An invisible character in it is the mistake.
fn report_key(entry: &Entry, help: Help, reader: &mut Reader) {
    let written = entry.key.value();
    let (label, help) = match hidden(&written) {
        Some(hidden) => (hidden, Help::write(without_hidden(&written))),
        None => ("unknown key".to_owned(), help),
    };
    let title = format!("there is no key `{written}` here");
    let fix = help.fix(entry.key.span);
    reader.push(Diagnostic::new(Code::UnknownKey, title, entry.key.span, label).help(help.text).fix(fix));
}

/// Reports the key of `entry`, one of `entries`, that is `foreign`: once for all that stand together for one other.
fn report_foreign(
    entry: &Entry,
    entries: &[Entry],
    foreign: &ForeignKey,
    known: &'static [&'static str],
    reader: &mut Reader,
) {
    let title = format!("there is no key `{}` here", entry.key.value());
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

/// The edit that puts the value of `entry` where it belongs, unless something is there already.
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

/// A mapping that is read key by key, or a part of one.
pub trait Fields: Sized {
    /// What was read of it until now.
    type Partial: Default;

    /// The keys that it may have.
    const KEYS: &'static [&'static str];

    /// Reads the value of `key`. Returns whether it could be read; `None` if there is no such key.
    fn read(partial: &mut Self::Partial, key: &str, value: &Node, reader: &mut Reader) -> Option<bool>;

    /// One out of what was read, for the mapping at `at`, of which `lost` could not be read. What is absent and has to
    /// be there is reported.
    fn finish(
        partial: Self::Partial,
        at: Span,
        lost: Unread,
        unknown: &mut UnknownKeys,
        reader: &mut Reader,
    ) -> Option<Self>;

    /// One with nothing in it but what has to be there, which is unreadable too.
    fn unreadable(at: Span, lost: Unread) -> Option<Self>;

    /// The keys that have to be there: those whose absence is a diagnostic.
    fn required() -> Vec<&'static str>;

    /// The keys that have a default, and the default as it would be written.
    fn defaults() -> Vec<(&'static str, &'static str)>;
}

/// Reads the mapping at `at` out of its entries.
pub(crate) fn mapping<T: Fields>(entries: &[Entry], at: Span, reader: &mut Reader) -> Option<T> {
    let mut partial = T::Partial::default();
    let mut unknown = UnknownKeys::default();
    let mut lost = Unread::default();
    for entry in entries {
        if entry.is_unreadable() {
            unknown.cut();
            lost.add_unknown(String::new());
            reader.skip();
            continue;
        }
        let written = entry.key.value();
        let key = match T::KEYS.iter().find(|key| **key == written) {
            Some(key) => key,
            None => match unknown.take(entry, entries, T::KEYS, reader) {
                Some(meant) => {
                    lost.add_key(meant);
                    meant
                }
                None => {
                    lost.add_unknown(written);
                    continue;
                }
            },
        };
        if !unknown.has_value(entry) {
            continue;
        }
        let before = reader.unread();
        let is_read = T::read(&mut partial, key, &entry.value, reader).unwrap_or(true);
        if !is_read || reader.unread() > before {
            lost.add_key(key);
        }
    }
    let read = T::finish(partial, at, lost, &mut unknown, reader);
    unknown.report(T::KEYS, reader);
    read
}

/// A mapping at `at` without a key.
pub(crate) fn empty_mapping<T: Fields>(at: Span, reader: &mut Reader) -> Option<T> {
    T::finish(T::Partial::default(), at, Unread::default(), &mut UnknownKeys::default(), reader)
}

/// What stands for a mapping that cannot be read at all.
pub(crate) fn unreadable_mapping<T: Fields>() -> Option<T> {
    T::unreadable(Span::NOWHERE, Unread::whole())
}

/// Reads the value of a key that has a default.
pub(crate) fn value_or_default<T: Decode>(
    node: &Node,
    default: &'static str,
    reader: &mut Reader,
) -> Option<T> {
    if node.is_null() { T::of_default(default, node.span) } else { T::decode(node, reader) }
}

/// What stands for a value that cannot be read, of a key with this default. It was written, and has no place.
pub(crate) fn unreadable_value<T: Decode>(default: &'static str) -> Option<T> {
    let mut node = Node::default_of(default, Span::NOWHERE);
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

/// Reports a `word` that is none of `words`.
pub(crate) fn unknown_word(
    node: &Node,
    word: &str,
    words: &[&str],
    advice: Option<Advice>,
    reader: &mut Reader,
) {
    let meant = crate::diag::closest(&without_hidden(word), words.iter().copied());
    let help = match (advice, meant) {
        (Some(advice), _) => advice.help,
        (None, Some(meant)) => Help::write(meant).likely().say(format!("did you mean `{meant}`?")),
        (None, None) => "write one of these words".into(),
    };
    let label = format!("expected {}", one_of(words));
    let title = match node.is_null() {
        true => "a value is missing here".to_owned(),
        false => format!("`{word}` is not a valid value here"),
    };
    report_value(node, Diagnostic::new(Code::BadValue, title, node.span, ""), label, help, reader);
}

/// Reads one of `words`. `advice` knows what was probably meant by another.
pub(crate) fn word<T: Copy>(
    node: &Node,
    words: &[(&str, T)],
    advice: fn(&str) -> Option<Advice>,
    reader: &mut Reader,
) -> Option<T> {
    let names = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>();
    let Kind::Scalar(text) = &node.kind else {
        wrong_type(node, &one_of(&names()), reader);
        return None;
    };
    let word = text.value();
    let found = words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    if found.is_none() {
        unknown_word(node, &word, &names(), advice(&word), reader);
    }
    found
}
