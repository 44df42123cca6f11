//! Nix expressions as data, and how they are printed. Layout is nixfmt's business; what matters here
//! is that every string of the user's comes out escaped.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::tree::{Atom, Piece, Reference, Target, Text};

/// A Nix expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// `"…"`.
    Str(Vec<Part>),
    /// `''…''`, one element a line.
    Lines(Vec<Vec<Part>>),
    /// A whole number.
    Int(i64),
    /// A number with a point, as written.
    Float(String),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// A folder, relative to the file that is compiled. Where that is from the output is known last.
    Directory(String),
    /// A value that stands elsewhere, with its own type.
    Ref(Reference),
    /// Code of homegen's own that needs no parentheses: a name or a selection.
    Code(String),
    /// An expression of the user's.
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
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text, not yet escaped.
    Text(String),
    /// A value that stands elsewhere.
    Ref(Reference),
    /// Code of homegen's own whose value is a string.
    Code(String),
    /// An expression whose value is a string.
    Expr(Box<Expr>),
}

/// An attribute set, in the order of its making.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Set(pub IndexMap<String, Attr>);

/// One attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attr {
    /// Its value.
    pub value: Expr,
    /// A comment to its owner, above it.
    pub comment: Option<&'static str>,
    /// Its name in parts, where constants stand in it.
    pub name: Option<Vec<Part>>,
}

impl Attr {
    /// An attribute without a comment.
    fn new(value: Expr) -> Attr {
        Attr { value, comment: None, name: None }
    }
}

/// What the names of the output are in one file.
pub trait Names {
    /// The code that has the value of `target`.
    fn code(&self, target: &Target) -> String;

    /// The code of a folder that is given relative to the file that is compiled.
    fn directory(&self, folder: &str) -> String;
}

impl Expr {
    /// A string without references.
    pub fn str(text: impl Into<String>) -> Expr {
        Expr::Str(vec![Part::Text(text.into())])
    }

    /// A name or a selection.
    pub fn code(code: impl Into<String>) -> Expr {
        Expr::Code(code.into())
    }

    /// `function argument …`.
    pub fn call(function: &str, arguments: impl IntoIterator<Item = Expr>) -> Expr {
        Expr::Call(std::iter::once(Expr::code(function)).chain(arguments).collect())
    }

    /// A text as a string.
    pub fn text(text: &Text) -> Expr {
        match text.reference() {
            Some(reference) if matches!(reference.value, Atom::Str(_)) => Expr::Ref(reference.clone()),
            _ => Expr::Str(parts(text)),
        }
    }

    /// A text as the value that YAML takes it for.
    pub fn typed(text: &Text) -> Expr {
        if let Some(reference) = text.reference() {
            return Expr::Ref(reference.clone());
        }
        match text.atom() {
            Atom::Null => Expr::Null,
            Atom::Bool(value) => Expr::Bool(value),
            Atom::Int(value) => Expr::Int(value),
            Atom::Float(value) => Expr::Float(value),
            Atom::Str(_) => Expr::Str(parts(text)),
        }
    }

    /// `prefix` and then a text, as one string.
    pub fn flag(prefix: &str, text: &Text) -> Expr {
        let mut all = vec![Part::Text(prefix.to_owned())];
        all.extend(parts(text));
        Expr::Str(all)
    }

    /// Every reference in it.
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

    /// Prints it.
    pub fn print(&self, names: &dyn Names, out: &mut String) {
        match self {
            // Quotes inside of a string read better without backslashes.
            Expr::Str(parts) if reads_better_in_two_quotes(parts) => {
                out.push_str("''");
                for part in parts {
                    match part {
                        Part::Text(text) => out.push_str(text),
                        other => interpolation(other, names, out),
                    }
                }
                out.push_str("''");
            }
            Expr::Str(parts) => quoted(parts, names, out),
            Expr::Lines(lines) => {
                out.push_str("''\n");
                for line in lines {
                    out.push_str("  ");
                    for part in line {
                        match part {
                            Part::Text(text)
                                if text.contains(|c: char| "'$\\".contains(c) || c.is_control()) =>
                            {
                                out.push_str("${\"");
                                escape(text, out);
                                out.push_str("\"}");
                            }
                            Part::Text(text) => out.push_str(text),
                            other => interpolation(other, names, out),
                        }
                    }
                    out.push('\n');
                }
                out.push_str("''");
            }
            // `-1` in a list, and the smallest number of all, are no literals in Nix.
            Expr::Int(i64::MIN) => out.push_str("(-9223372036854775807 - 1)"),
            Expr::Int(n) if *n < 0 => out.push_str(&format!("({n})")),
            Expr::Int(n) => out.push_str(&n.to_string()),
            Expr::Float(text) if text.starts_with('-') => out.push_str(&format!("({text})")),
            Expr::Float(text) => out.push_str(text),
            Expr::Bool(value) => out.push_str(&value.to_string()),
            Expr::Null => out.push_str("null"),
            Expr::Ref(reference) => out.push_str(&names.code(&reference.target)),
            Expr::Directory(folder) => out.push_str(&names.directory(folder)),
            Expr::Code(code) => out.push_str(code),
            Expr::User(code) => {
                out.push_str("(\n");
                out.push_str(code);
                out.push_str("\n)");
            }
            Expr::List(items) => {
                out.push_str("[ ");
                for item in items {
                    item.print_argument(names, out);
                    out.push(' ');
                }
                out.push(']');
            }
            Expr::Set(set) => {
                out.push_str("{\n");
                set.print_body(names, out);
                out.push('}');
            }
            Expr::Call(items) => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(' ');
                    }
                    item.print_argument(names, out);
                }
            }
            Expr::Infix(left, operator, right) => {
                left.print_argument(names, out);
                out.push_str(&format!(" {operator} "));
                right.print_argument(names, out);
            }
        }
    }

    /// Prints it where a function application would fall apart.
    fn print_argument(&self, names: &dyn Names, out: &mut String) {
        let mut code = String::new();
        self.print(names, &mut code);
        let apart = matches!(self, Expr::Call(_) | Expr::Infix(..))
            || (matches!(self, Expr::Ref(_)) && code.contains(' '));
        if apart {
            out.push_str(&format!("({code})"));
        } else {
            out.push_str(&code);
        }
    }
}

impl Part {
    /// An expression whose value is a string.
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

/// The parts of a string that a text is.
pub fn parts(text: &Text) -> Vec<Part> {
    text.pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => Part::Text(text.clone()),
            Piece::Reference(reference) => Part::Ref(reference.clone()),
        })
        .collect()
}

/// Whether a string holds double quotes, and nothing that `''…''` would take for something else.
fn reads_better_in_two_quotes(parts: &[Part]) -> bool {
    let texts = || {
        parts.iter().filter_map(|p| match p {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        })
    };
    let begins_plain =
        !matches!(parts.first(), Some(Part::Text(text)) if text.starts_with(char::is_whitespace));
    begins_plain
        && texts().any(|t| t.contains('"'))
        && !texts().any(|t| t.contains(['\'', '$', '\\']) || t.contains(char::is_control))
}

/// Prints a string in double quotes.
fn quoted(parts: &[Part], names: &dyn Names, out: &mut String) {
    out.push('"');
    for part in parts {
        match part {
            Part::Text(text) => escape(text, out),
            other => interpolation(other, names, out),
        }
    }
    out.push('"');
}

fn interpolation(part: &Part, names: &dyn Names, out: &mut String) {
    match part {
        Part::Text(text) => escape(text, out),
        Part::Code(code) => out.push_str(&format!("${{{code}}}")),
        Part::Expr(expr) => {
            let mut code = String::new();
            expr.print(names, &mut code);
            out.push_str(&format!("${{{code}}}"));
        }
        Part::Ref(reference) => {
            let code = names.code(&reference.target);
            match reference.value {
                Atom::Str(_) => out.push_str(&format!("${{{code}}}")),
                // `toString 0.5` is "0.500000", and `toString true` is "1".
                Atom::Bool(_) | Atom::Float(_) => {
                    out.push_str(&format!("${{builtins.toJSON {}}}", argument(&code)))
                }
                Atom::Int(_) | Atom::Null => out.push_str(&format!("${{toString {}}}", argument(&code))),
            }
        }
    }
}

fn argument(code: &str) -> String {
    if code.contains(' ') && !code.starts_with('(') { format!("({code})") } else { code.to_owned() }
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
            // Before an interpolation of homegen's own, a bare dollar would escape it.
            '$' if chars.peek().is_none() => out.push_str("\\$"),
            _ => out.push(c),
        }
    }
}

/// Words that are no names in Nix.
const KEYWORDS: &[&str] = &["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"];

/// Whether `name` can stand as an attribute's name without quotes.
pub fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'\''))
        && !KEYWORDS.contains(&name)
}

/// `name` as an attribute's name.
pub fn attribute(name: &str) -> String {
    if is_identifier(name) {
        return name.to_owned();
    }
    let mut quoted = String::from("\"");
    escape(name, &mut quoted);
    quoted.push('"');
    quoted
}

impl Set {
    /// A set with these attributes.
    pub fn of<const N: usize>(attributes: [(&str, Expr); N]) -> Set {
        let mut set = Set::default();
        for (name, value) in attributes {
            set.set(name, value);
        }
        set
    }

    /// Sets one attribute.
    pub fn set(&mut self, name: &str, value: Expr) {
        self.0.insert(name.to_owned(), Attr::new(value));
    }

    /// Sets one attribute under a comment to its owner.
    pub fn set_with(&mut self, comment: &'static str, name: &str, value: Expr) {
        self.0.insert(name.to_owned(), Attr { comment: Some(comment), ..Attr::new(value) });
    }

    /// Sets the attribute whose name is a text.
    pub fn set_named(&mut self, name: &Text, value: Expr) {
        let attr = Attr { name: (!name.is_literal()).then(|| parts(name)), ..Attr::new(value) };
        self.0.insert(name.value(), attr);
    }

    /// The set at `path`, made where it is not there.
    pub fn at(&mut self, path: &[&str]) -> &mut Set {
        let mut set = self;
        for name in path {
            let attr =
                set.0.entry((*name).to_owned()).or_insert_with(|| Attr::new(Expr::Set(Set::default())));
            if !matches!(attr.value, Expr::Set(_)) {
                attr.value = Expr::Set(Set::default());
            }
            let Expr::Set(inner) = &mut attr.value else { unreachable!("made a set just now") };
            set = inner;
        }
        set
    }

    /// Appends to the list `name`, without what is in it already.
    pub fn append(&mut self, name: &str, items: impl IntoIterator<Item = Expr>) {
        for item in items {
            let attr = self.0.entry(name.to_owned()).or_insert_with(|| Attr::new(Expr::List(Vec::new())));
            if let Expr::List(list) = &mut attr.value
                && !list.contains(&item)
            {
                list.push(item);
            }
        }
    }

    /// Appends to the list `name`, whatever is in it.
    pub fn append_all(&mut self, name: &str, items: impl IntoIterator<Item = Expr>) {
        let attr = self.0.entry(name.to_owned()).or_insert_with(|| Attr::new(Expr::List(Vec::new())));
        if let Expr::List(list) = &mut attr.value {
            list.extend(items);
        }
    }

    /// The set that is the attribute whose name is a text, made where it is not there.
    pub fn at_named(&mut self, name: &Text) -> &mut Set {
        if !self.0.contains_key(&name.value()) {
            self.set_named(name, Expr::Set(Set::default()));
        }
        self.at(&[&name.value()])
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The attributes one by one, each with the path to it; those of the sets at `open` one by one too.
    pub fn split(&self, open: &[&[&str]]) -> Vec<Set> {
        fn walk(set: &Set, way: &mut Vec<(String, Attr)>, open: &[&[&str]], out: &mut Vec<Set>) {
            for (name, attr) in &set.0 {
                way.push((name.clone(), attr.clone()));
                let path: Vec<&str> = way.iter().map(|(name, _)| name.as_str()).collect();
                match &attr.value {
                    Expr::Set(inner) if open.contains(&path.as_slice()) => walk(inner, way, open, out),
                    _ => {
                        let mut single: Option<Set> = None;
                        for (name, attr) in way.iter().rev() {
                            let value = single.take().map_or_else(|| attr.value.clone(), Expr::Set);
                            let attr = Attr { value, ..attr.clone() };
                            single = Some(Set([(name.clone(), attr)].into_iter().collect()));
                        }
                        out.extend(single);
                    }
                }
                way.pop();
            }
        }
        let mut out = Vec::new();
        walk(self, &mut Vec::new(), open, &mut out);
        out
    }

    /// Every reference in it.
    pub fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        for attr in self.0.values() {
            attr.name.iter().flatten().for_each(|part| part.references(found));
            attr.value.references(found);
        }
    }

    /// Prints the attributes without the braces. A set with one attribute is a longer path.
    pub fn print_body(&self, names: &dyn Names, out: &mut String) {
        for (name, attr) in &self.0 {
            if let Some(comment) = attr.comment {
                for line in comment.lines() {
                    out.push_str(&format!("# {line}\n"));
                }
            }
            print_name(name, attr, names, out);
            let mut value = &attr.value;
            while let Expr::Set(set) = value
                && let Some((name, inner)) = set.0.first()
                && set.0.len() == 1
                && inner.comment.is_none()
            {
                out.push('.');
                print_name(name, inner, names, out);
                value = &inner.value;
            }
            out.push_str(" = ");
            match value {
                // Nothing stands beside it that it could fall apart from.
                Expr::User(code) => out.push_str(&format!("\n{code}\n")),
                Expr::Int(n) if *n != i64::MIN => out.push_str(&n.to_string()),
                value => value.print(names, out),
            }
            out.push_str(";\n");
        }
    }
}

fn print_name(name: &str, attr: &Attr, names: &dyn Names, out: &mut String) {
    match &attr.name {
        // `certs.${domain}`.
        Some(parts) if parts.len() == 1 => parts.iter().for_each(|part| interpolation(part, names, out)),
        // A name is no string in two single quotes, however it reads.
        Some(parts) => quoted(parts, names, out),
        None => out.push_str(&attribute(name)),
    }
}

/// The identifiers that stand in `code`, keys and strings' insides included where they are code.
pub fn identifiers(code: &str) -> BTreeSet<String> {
    let parsed = rnix::Root::parse(code);
    let mut found = BTreeSet::new();
    for element in parsed.syntax().descendants_with_tokens() {
        if let Some(token) = element.into_token()
            && token.kind() == rnix::SyntaxKind::TOKEN_IDENT
            // Only a name by itself; what follows a dot, or a key, is an attribute.
            && token.parent().and_then(|ident| ident.parent()).is_some_and(|p| p.kind() != rnix::SyntaxKind::NODE_ATTRPATH)
        {
            found.insert(token.text().to_owned());
        }
    }
    found
}

/// Whether an expression of the user's is Nix. Brackets that lie deeper in each other than any expression
/// of a configuration does are refused too: formatters and Nix itself end there.
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
    // A comment at the end would swallow what homegen puts behind it, hence the lines. And rnix alone takes
    // `[ a: b ]` for Nix.
    let wrapped = format!("(\n{code}\n)");
    rnix::Root::parse(&wrapped).errors().is_empty()
        && rnix::Root::parse(code).errors().is_empty()
        && nixfmt_rs::parse(&wrapped).is_ok()
}
