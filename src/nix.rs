//! Nix expressions as data. [`mod@print`] prints them, and escapes every string of the user.

pub mod print;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::script::Script;
use crate::tree::{Atom, Piece, Reference, Step, Target, Text};

/// A Nix expression.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Expr {
    /// `"…"`.
    Str(Vec<Part>),
    /// `''…''`, one element a line.
    Lines(Vec<Vec<Part>>),
    /// A whole number.
    Int(i64),
    /// A number with a decimal point, as written.
    Float(String),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// A folder, relative to the compiled file. The printer makes it relative to the output file.
    Directory(String),
    /// A reference to a value, with the value's type.
    Ref(Arc<Reference>),
    /// Code that homegen generates and that needs no parentheses: a name or a selection.
    Code(Cow<'static, str>),
    /// A script, or the settings of a sandbox.
    Script(Script),
    /// An expression of the user.
    User(String),
    /// `[ … ]`.
    List(Vec<Expr>),
    /// `{ … }`.
    Set(Set),
    /// A function and its arguments.
    Call(Vec<Expr>),
    /// `a ++ b`, `a // b`, `a + b`.
    Infix(Box<Expr>, &'static str, Box<Expr>),
}

/// A part of a string.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Part {
    /// Text, not yet escaped.
    Text(Cow<'static, str>),
    /// A reference to a value.
    Ref(Arc<Reference>),
    /// Code that homegen generates, with a string value.
    Code(Cow<'static, str>),
    /// An expression with a string value.
    Expr(Box<Expr>),
}

/// An attribute set, in insertion order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Set(pub IndexMap<Cow<'static, str>, Attr>);

/// One attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attr {
    /// The value.
    pub value: Expr,
    /// A comment above it, for the server's owner.
    pub comment: Option<&'static str>,
    /// The parts of its name, if the name contains references.
    pub name: Option<Vec<Part>>,
    /// The index of the list that is its value.
    index: Index,
}

impl Attr {
    /// An attribute with a comment above it, and with a name in parts.
    pub fn with(value: Expr, comment: Option<&'static str>, name: Option<Vec<Part>>) -> Attr {
        Attr { comment, name, ..Attr::new(value) }
    }

    /// An attribute without a comment.
    pub fn new(value: Expr) -> Attr {
        Attr { value, comment: None, name: None, index: Index::default() }
    }

    /// Appends `item` to the list that is the value, or the last argument of a call that is the value. Does nothing
    /// if the list already contains the item.
    pub fn append(&mut self, item: Expr) {
        let list = match &mut self.value {
            Expr::Call(call) => call.last_mut(),
            value => Some(value),
        };
        if let Some(Expr::List(list)) = list {
            self.index.append(list, item);
        }
    }
}

/// The positions of a list's items, by hash. Without it, building a list with n items would take n² comparisons.
#[derive(Clone, Debug, Default)]
struct Index {
    /// The number of indexed items. It is 0 for a short list, and for a list without appended items.
    count: usize,
    positions: HashMap<u64, Vec<usize>>,
}

impl Index {
    /// The maximum length of a list that is searched without an index.
    const SHORT: usize = 16;

    fn append(&mut self, list: &mut Vec<Expr>, item: Expr) {
        if list.len() < Index::SHORT {
            if !list.contains(&item) {
                list.push(item);
            }
            return;
        }
        for (position, known) in list.iter().enumerate().skip(self.count) {
            self.positions.entry(hash(known)).or_default().push(position);
        }
        let positions = self.positions.entry(hash(&item)).or_default();
        if !positions.iter().any(|position| list[*position] == item) {
            positions.push(list.len());
            list.push(item);
        }
        self.count = list.len();
    }
}

/// An index is derived from the list and does not affect equality.
impl PartialEq for Index {
    fn eq(&self, _: &Index) -> bool {
        true
    }
}

impl Hash for Set {
    /// Ignores the order of the attributes, as `==` does.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let sum = self.0.iter().fold(0u64, |sum, (name, attr)| sum.wrapping_add(hash(&(name, &attr.value))));
        sum.hash(state);
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The names that one file of the output uses.
pub trait Names {
    /// The name of `target`'s value.
    fn name(&self, target: &Target) -> Name;

    /// The Nix path of a folder that is relative to the compiled file, and a string to append if a Nix path cannot
    /// contain the whole path.
    fn directory(&self, folder: &str) -> (String, Option<String>);
}

/// The name of a value in one file.
pub enum Name {
    /// Code: a name or a selection.
    Code(String),
    /// The value itself.
    Value(Expr),
}

/// The prefix of a name that selects an item of a list: `builtins.elemAt list 0`.
pub const ITEM: &str = "builtins.elemAt ";

/// True if the code of a name is a call, which needs parentheses as an argument.
pub fn is_call(code: &str) -> bool {
    code.starts_with(ITEM)
}

impl Expr {
    /// A string without references.
    pub fn str(text: impl Into<Cow<'static, str>>) -> Expr {
        Expr::Str(vec![Part::Text(text.into())])
    }

    /// A name or a selection.
    pub fn code(code: impl Into<Cow<'static, str>>) -> Expr {
        Expr::Code(code.into())
    }

    /// `function argument …`.
    pub fn call(function: impl Into<Cow<'static, str>>, arguments: impl IntoIterator<Item = Expr>) -> Expr {
        Expr::Call(std::iter::once(Expr::code(function)).chain(arguments).collect())
    }

    /// A script and its arguments.
    pub fn run(script: Script, arguments: impl IntoIterator<Item = Expr>) -> Expr {
        Expr::Call(std::iter::once(Expr::Script(script)).chain(arguments).collect())
    }

    /// A text as a string.
    pub fn text(text: &Text) -> Expr {
        Expr::string(parts(text))
    }

    /// A string of these parts. A single reference needs no quotes: `toString port`.
    pub fn string(parts: Vec<Part>) -> Expr {
        match parts.as_slice() {
            [Part::Ref(reference)] => match to_string(&reference.value) {
                None => Expr::Ref(reference.clone()),
                Some(function) => Expr::call(function, [Expr::Ref(reference.clone())]),
            },
            [Part::Expr(expr)] => (**expr).clone(),
            _ => Expr::Str(parts),
        }
    }

    /// A text with its YAML type.
    pub fn typed(text: &Text) -> Expr {
        if let Some(reference) = text.reference() {
            return Expr::Ref(reference.clone());
        }
        match text.atom() {
            Atom::Null => Expr::Null,
            Atom::Bool(value) => Expr::Bool(value),
            Atom::Int(value) => Expr::Int(value),
            Atom::Float(value) => Expr::Float(value),
            Atom::Str(_) => Expr::string(parts(text)),
        }
    }

    /// `[ … ]`. If all entries of a constant or parameter are consecutive, the expression uses the list itself:
    /// `devices ++ [ "/dev/dvb" ]` instead of `builtins.elemAt devices 0` and so on.
    pub fn list(items: Vec<Expr>) -> Expr {
        if (0..items.len()).all(|at| whole_list(&items[at..]).is_none()) {
            return Expr::List(items);
        }
        let mut parts: Vec<Expr> = Vec::new();
        let mut at = 0;
        while let Some(item) = items.get(at) {
            if let Some((whole, length)) = whole_list(&items[at..]) {
                parts.push(whole);
                at += length;
                continue;
            }
            match parts.last_mut() {
                Some(Expr::List(last)) => last.push(item.clone()),
                _ => parts.push(Expr::List(vec![item.clone()])),
            }
            at += 1;
        }
        let mut parts = parts.into_iter();
        let first = parts.next().unwrap_or_else(|| Expr::List(Vec::new()));
        parts.fold(first, |left, right| Expr::Infix(Box::new(left), "++", Box::new(right)))
    }

    /// `prefix` and then a text, as one string.
    pub fn flag(prefix: impl Into<Cow<'static, str>>, text: &Text) -> Expr {
        let mut all = vec![Part::Text(prefix.into())];
        all.extend(parts(text));
        Expr::Str(all)
    }

    /// Collects all references.
    pub fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        match self {
            Expr::Ref(reference) => found.push(reference),
            Expr::Str(parts) => parts.iter().for_each(|part| part.references(found)),
            Expr::Lines(lines) => lines.iter().flatten().for_each(|part| part.references(found)),
            Expr::List(items) | Expr::Call(items) => items.iter().for_each(|item| item.references(found)),
            Expr::Set(set) => set.references(found),
            Expr::Infix(left, _, right) => {
                left.references(found);
                right.references(found);
            }
            _ => {}
        }
    }
}

impl Part {
    /// An expression with a string value.
    pub fn expr(expr: Expr) -> Part {
        Part::Expr(Box::new(expr))
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        match self {
            Part::Ref(reference) => found.push(reference),
            Part::Expr(expr) => expr.references(found),
            Part::Text(_) | Part::Code(_) => {}
        }
    }
}

/// The list whose entries are the first of `items`, and its length.
fn whole_list(items: &[Expr]) -> Option<(Expr, usize)> {
    let Some(Expr::Ref(first)) = items.first() else { return None };
    let (list, length) = first.target.list_of_first()?;
    let follows = |(index, item): (usize, &Expr)| match item {
        Expr::Ref(other) => other.target == list.clone().below(Step::Item { index, of: length }),
        _ => false,
    };
    let is_whole = items.len() >= length && items[..length].iter().enumerate().all(follows);
    let reference = Reference { target: list.clone(), value: Atom::Null, span: first.span };
    is_whole.then(|| (Expr::Ref(reference.into()), length))
}

/// The function that converts such a value to a string. `None` for a string.
fn to_string(value: &Atom) -> Option<&'static str> {
    match value {
        Atom::Str(_) => None,
        // `toString 0.5` is "0.500000", and `toString true` is "1".
        Atom::Bool(_) | Atom::Float(_) => Some("builtins.toJSON"),
        Atom::Int(_) | Atom::Null => Some("toString"),
    }
}

/// A text as the parts of a string.
pub fn parts(text: &Text) -> Vec<Part> {
    text.pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => Part::Text(text.clone().into()),
            Piece::Reference(reference) => Part::Ref(reference.clone()),
        })
        .collect()
}

/// The lines of a text. After a newline at the end, there is an empty line.
pub fn split_lines(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut lines: Vec<Vec<Part>> = vec![Vec::new()];
    let mut push = |part: Part, is_new: bool| {
        if is_new {
            lines.push(Vec::new());
        }
        lines.last_mut().expect("one line at least").push(part);
    };
    for part in parts {
        match part {
            Part::Text(text) => {
                for (i, line) in text.split('\n').enumerate() {
                    push(Part::Text(line.to_owned().into()), i > 0);
                }
            }
            other => push(other.clone(), false),
        }
    }
    for line in &mut lines {
        line.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
    }
    lines
}

/// Escapes text for a string in double quotes (Nix manual, "String").
fn escape(text: &str, out: &mut String) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' if matches!(chars.peek(), Some('{')) => out.push_str("\\$"),
            // A bare dollar would escape a following interpolation.
            '$' if chars.peek().is_none() => out.push_str("\\$"),
            _ => out.push(c),
        }
    }
}

/// Escapes text for a string in two single quotes (Nix manual, "String"). `before_interpolation` is true if an
/// interpolation follows. Returns false if it cannot be escaped: a single quote before an escaped dollar.
fn escape_indented(text: &str, before_interpolation: bool, out: &mut String) -> bool {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\'', Some('\'')) => {
                chars.next();
                out.push_str("'''");
            }
            ('\'', Some('$')) => return false,
            ('$', Some('{')) => out.push_str("''$"),
            ('$', None) if before_interpolation => out.push_str("''$"),
            _ => out.push(c),
        }
    }
    true
}

/// The keywords of Nix, which cannot be names.
const KEYWORDS: &[&str] = &["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"];

/// True if `name` is an attribute name that needs no quotes.
pub fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'\''))
        && !KEYWORDS.contains(&name)
}

/// `name` as an attribute's name.
pub fn attribute(name: &str) -> Cow<'_, str> {
    if is_identifier(name) { Cow::Borrowed(name) } else { Cow::Owned(quoted(name)) }
}

/// `text` as a string.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    escape(text, &mut quoted);
    quoted.push('"');
    quoted
}

impl Set {
    /// A set with these attributes.
    pub fn of<const N: usize>(attributes: [(&'static str, Expr); N]) -> Set {
        let mut set = Set::default();
        for (name, value) in attributes {
            set.set(name, value);
        }
        set
    }

    /// Sets one attribute.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: Expr) {
        self.0.insert(name.into(), Attr::new(value));
    }

    /// Sets one attribute with a comment for the server's owner.
    pub fn set_with(&mut self, comment: &'static str, name: &'static str, value: Expr) {
        self.0.insert(name.into(), Attr { comment: Some(comment), ..Attr::new(value) });
    }

    /// Sets the attribute whose name is a text.
    pub fn set_named(&mut self, name: &Text, value: Expr) {
        let attr = Attr { name: (!name.is_literal()).then(|| parts(name)), ..Attr::new(value) };
        self.0.insert(name.value().into(), attr);
    }

    /// The set at `path`. Creates missing sets.
    pub fn at(&mut self, path: &[&str]) -> &mut Set {
        let mut set = self;
        for name in path {
            let index = match set.0.get_index_of(*name) {
                Some(index) => index,
                None => set.0.insert_full((*name).to_owned().into(), Attr::new(Expr::Null)).0,
            };
            let value = &mut set.0[index].value;
            if !matches!(value, Expr::Set(_)) {
                *value = Expr::Set(Set::default());
            }
            let Expr::Set(inner) = value else { unreachable!("made a set just now") };
            set = inner;
        }
        set
    }

    /// Appends to the list `name`, without duplicates.
    pub fn append(&mut self, name: &'static str, items: impl IntoIterator<Item = Expr>) {
        for item in items {
            self.0.entry(name.into()).or_insert_with(|| Attr::new(Expr::List(Vec::new()))).append(item);
        }
    }

    /// Appends to the list `name`, with duplicates.
    pub fn append_all(&mut self, name: &'static str, items: impl IntoIterator<Item = Expr>) {
        let attr = self.0.entry(name.into()).or_insert_with(|| Attr::new(Expr::List(Vec::new())));
        if let Expr::List(list) = &mut attr.value {
            list.extend(items);
        }
    }

    /// The set in the attribute with this name. Creates it if it does not exist.
    pub fn at_named(&mut self, name: &Text) -> &mut Set {
        if !self.0.contains_key(name.value().as_str()) {
            self.set_named(name, Expr::Set(Set::default()));
        }
        self.at(&[&name.value()])
    }

    /// True if the set has no attributes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Collects all references.
    pub fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        for attr in self.0.values() {
            attr.name.iter().flatten().for_each(|part| part.references(found));
            attr.value.references(found);
        }
    }
}

/// The possible arguments of a module, in order.
pub const ARGUMENTS: &[&str] = &["config", "lib", "pkgs", "utils"];

/// The identifiers in `code`, including the code in dynamic keys and interpolations.
pub fn identifiers(code: &str) -> BTreeSet<String> {
    let parsed = rnix::Root::parse(code);
    let mut found = BTreeSet::new();
    for element in parsed.syntax().descendants_with_tokens() {
        if let Some(token) = element.into_token()
            && token.kind() == rnix::SyntaxKind::TOKEN_IDENT
            // Only standalone names: a key, or a name after a dot, is an attribute.
            && token.parent().and_then(|ident| ident.parent()).is_some_and(|p| p.kind() != rnix::SyntaxKind::NODE_ATTRPATH)
        {
            found.insert(token.text().to_owned());
        }
    }
    found
}

/// The ranges of the relative paths in `code`, such as `./files/sync.sh`, in order. An interpolation in a path is
/// not part of its range.
pub fn relative_paths(code: &str) -> Vec<Range<usize>> {
    if !code.contains('/') {
        return Vec::new();
    }
    let parsed = rnix::Root::parse(code);
    let tokens = parsed.syntax().descendants_with_tokens().filter_map(|element| element.into_token());
    // The first token shows if a path is relative, even before an interpolation.
    let first = tokens.filter(|token| {
        token.kind() == rnix::SyntaxKind::TOKEN_PATH_REL
            && token
                .prev_sibling_or_token()
                .is_none_or(|before| before.kind() != rnix::SyntaxKind::NODE_INTERPOL)
    });
    first.map(|token| Range::<usize>::from(token.text_range())).collect()
}

/// True if an expression of the user is valid Nix. Excessively nested brackets are refused, because formatters and
/// Nix itself fail on them.
pub fn is_expression(code: &str) -> bool {
    let mut depth = 0i32;
    for byte in code.bytes() {
        depth += match byte {
            b'(' | b'[' | b'{' => 1,
            b')' | b']' | b'}' => -1,
            _ => 0,
        };
        if depth > 64 {
            return false;
        }
    }
    // A comment at the end would hide the code after it, hence the newlines. rnix by itself accepts `[ a: b ]`.
    let wrapped = format!("(\n{code}\n)");
    rnix::Root::parse(&wrapped).errors().is_empty()
        && rnix::Root::parse(code).errors().is_empty()
        && nixfmt_rs::parse(&wrapped).is_ok()
}

#[cfg(test)]
mod tests {
    use super::relative_paths;

    #[test]
    fn relative_paths_are_found_in_code_and_not_in_text() {
        for (code, expected) in [
            ("builtins.readFile ./files/sync.sh", vec!["./files/sync.sh"]),
            ("[ ../a sub/b ./c.nix ]", vec!["../a", "sub/b", "./c.nix"]),
            ("./files/${name}.txt", vec!["./files/"]),
            ("\"./text ${./code}\"", vec!["./code"]),
            ("4 / 2 + x/y", vec!["x/y"]),
            ("/abs/path", vec![]),
            ("~/home <nixpkgs/lib>", vec![]),
        ] {
            let found: Vec<&str> = relative_paths(code).into_iter().map(|range| &code[range]).collect();
            assert_eq!(found, expected, "{code}");
        }
    }
}
