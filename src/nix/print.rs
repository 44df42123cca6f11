//! Prints Nix in the official style (RFC 166), as nixfmt formats it.
//!
//! homegen emits few forms of expressions, and their layout in nixfmt is known: on one line if it fits, otherwise
//! with the brackets on separate lines. For other forms (an expression of the user, a call with several arguments
//! that does not fit on its line) the printer marks the text as uncertain, and it is formatted by nixfmt. Tests
//! compare every certain text with nixfmt's output.

use std::collections::BTreeSet;

use super::{
    ARGUMENTS, Attr, Expr, ITEM, Name, Names, Part, Set, attribute, escape, escape_indented, identifiers,
    is_call, is_identifier, relative_paths, split_lines, to_string,
};
use crate::script::Script;
use crate::tree::Reference;

/// The maximum width of a line. nixfmt does not count the indentation.
const WIDTH: usize = 100;

/// The indentation of a level.
const STEP: usize = 2;

/// Prints statements and expressions, line by line.
pub struct Printer<'a> {
    names: &'a dyn Names,
    text: String,
    /// The start of the current line in the text.
    line: usize,
    indent: usize,
    used: BTreeSet<String>,
    scripts: BTreeSet<Script>,
    certain: bool,
}

/// The printed text.
#[derive(Debug, Default)]
pub struct Printed {
    /// The text.
    pub text: String,
    /// The standalone names in the text.
    pub used: BTreeSet<String>,
    /// The scripts in the text.
    pub scripts: BTreeSet<Script>,
    /// True if nixfmt would not change the text.
    pub certain: bool,
}

/// The properties of an expression that was printed on one line.
#[derive(Clone, Copy)]
struct Line {
    /// nixfmt keeps it on its line even if that is too long.
    firm: bool,
    /// A simple expression in nixfmt's terms, which is kept together as an argument and in `${…}`.
    simple: bool,
}

impl Line {
    const FIRM: Line = Line { firm: true, simple: true };
    const LOOSE: Line = Line { firm: false, simple: false };
}

impl<'a> Printer<'a> {
    /// A printer of lines with an indentation of `indent` spaces.
    pub fn new(names: &'a dyn Names, indent: usize) -> Printer<'a> {
        Printer {
            names,
            text: String::new(),
            line: 0,
            indent,
            used: BTreeSet::new(),
            scripts: BTreeSet::new(),
            certain: true,
        }
    }

    /// The printed text.
    pub fn finish(self) -> Printed {
        Printed { text: self.text, used: self.used, scripts: self.scripts, certain: self.certain }
    }

    /// Prints a line of code that is already in the official style.
    pub fn line(&mut self, code: &str) {
        self.begin();
        self.text.push_str(code);
        self.text.push('\n');
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.text.push('\n');
    }

    /// Lines between an opening and a closing one.
    pub fn block(&mut self, open: &str, inside: impl FnOnce(&mut Self), close: &str) {
        self.line(open);
        self.indent += STEP;
        inside(self);
        self.indent -= STEP;
        self.line(close);
    }

    /// `inherit (group) name …;`
    pub fn inherit(&mut self, group: &str, names: &[&str]) {
        const BESIDE: usize = 3;
        self.begin();
        let start = self.text.len();
        self.text.push_str(&format!("inherit ({group}) {};", names.join(" ")));
        if names.len() > BESIDE || !self.fits(start, 0) {
            self.text.truncate(self.line);
            self.words(&format!("inherit ({group})"), names);
        } else {
            self.text.push('\n');
        }
    }

    /// `code name …;`, each name on a line of its own.
    pub fn words(&mut self, code: &str, names: &[&str]) {
        self.line(code);
        self.indent += STEP;
        names.iter().for_each(|name| self.line(name));
        self.line(";");
        self.indent -= STEP;
    }

    /// Marks the first name of `code` as used.
    pub fn uses(&mut self, code: &str) {
        let mut code = code;
        while let Some(list) = code.trim_start_matches('(').strip_prefix(ITEM) {
            code = list;
        }
        let code = code.trim_start_matches('(');
        let name = code.split(['.', ' ', ')']).next().unwrap_or(code);
        if !self.used.contains(name) {
            self.used.insert(name.to_owned());
        }
    }

    /// `name = value;`
    pub fn bind(&mut self, name: &str, value: &Expr) {
        self.begin();
        let start = self.text.len();
        self.text.push_str(&attribute(name));
        self.value(start, is_identifier(name), value);
    }

    /// The attributes of a set, without the braces.
    pub fn body(&mut self, path: &[&str], set: &Set) {
        for (name, attr) in &set.0 {
            self.attribute(path, name, attr);
        }
    }

    /// The attributes of a set, separated by empty lines; also the attributes of the sets at `open`.
    pub fn stanzas(&mut self, set: &Set, open: &[&[&str]]) {
        let mut first = true;
        self.stanzas_below(&mut Vec::new(), set, open, &mut first);
    }

    fn stanzas_below<'b>(
        &mut self,
        path: &mut Vec<&'b str>,
        set: &'b Set,
        open: &[&[&str]],
        first: &mut bool,
    ) {
        for (name, attr) in &set.0 {
            path.push(name);
            match &attr.value {
                Expr::Set(inner) if attr.name.is_none() && open.contains(&path.as_slice()) => {
                    self.stanzas_below(path, inner, open, first);
                }
                _ => {
                    if !std::mem::take(first) {
                        self.gap();
                    }
                    self.attribute(&path[..path.len() - 1], name, attr);
                }
            }
            path.pop();
        }
    }

    /// A standalone expression.
    pub fn expression(&mut self, expr: &Expr) {
        let start = self.text.len();
        if self.flat(expr).is_none() {
            self.text.truncate(start);
            self.broken(expr);
        }
    }

    /// `path.name = value;` below its comment. A set with one attribute becomes a longer path.
    fn attribute(&mut self, path: &[&str], name: &str, attr: &Attr) {
        for line in attr.comment.iter().flat_map(|comment| comment.lines()) {
            self.begin();
            self.text.push_str("# ");
            self.text.push_str(line);
            self.text.push('\n');
        }
        self.begin();
        let start = self.text.len();
        for step in path {
            self.text.push_str(&attribute(step));
            self.text.push('.');
        }
        let mut steps = path.len() + 1;
        let mut plain = path.iter().all(|step| is_identifier(step)) & self.name(name, attr);
        let mut value = &attr.value;
        while let Expr::Set(set) = value
            && let Some((name, inner)) = set.0.first()
            && set.0.len() == 1
            && inner.comment.is_none()
        {
            self.text.push('.');
            plain &= self.name(name, inner);
            steps += 1;
            value = &inner.value;
        }
        // After a path that is long or has quoted names, nixfmt breaks the line after the `=` before it breaks the
        // value.
        self.value(start, plain && steps <= 4, value);
    }

    /// Prints an attribute's name. Returns true if it is a plain identifier.
    fn name(&mut self, name: &str, attr: &Attr) -> bool {
        match attr.name.as_deref() {
            None => {
                self.text.push_str(&attribute(name));
                is_identifier(name)
            }
            Some(parts) => {
                // `certs.${domain}`.
                let line = match parts {
                    [part @ (Part::Ref(_) | Part::Code(_) | Part::Expr(_))] => {
                        self.interpolation_anyway(part)
                    }
                    // A name cannot be a `''…''` string.
                    _ => {
                        let start = self.text.len();
                        self.string_in("\"", parts).unwrap_or_else(|| {
                            self.text.truncate(start);
                            self.certain = false;
                            self.string_in("\"", parts).unwrap_or(Line::LOOSE)
                        })
                    }
                };
                self.certain &= line.firm;
                false
            }
        }
    }

    /// ` = value;` after a path that began at `start`.
    fn value(&mut self, start: usize, short_path: bool, value: &Expr) {
        if let Expr::Ref(reference) = value
            && let Name::Value(value) = self.names.name(&reference.target)
        {
            return self.value(start, short_path, &value);
        }
        self.text.push_str(" =");
        let equals = self.text.len();
        self.text.push(' ');
        let line = match value {
            // It stands alone, so it needs no parentheses.
            Expr::User(code) => {
                self.user(&format!("\n{code}\n"));
                Some(Line::LOOSE)
            }
            Expr::Int(n) if *n != i64::MIN => {
                self.text.push_str(&n.to_string());
                Some(Line::FIRM)
            }
            value => self.flat(value),
        };
        match line {
            Some(_) if !self.certain || self.fits(start, 1) => {}
            Some(line) => self.long_value(equals, line, short_path, value),
            None => {
                self.text.truncate(equals + 1);
                // If even the start of the value does not fit after a long path, nixfmt would put the value
                // on the next line.
                let is_line = matches!(value, Expr::Str(parts) if several_lines(parts).is_none());
                self.certain &= short_path || (!is_line && self.column() + 2 <= WIDTH);
                self.broken(value);
            }
        }
        self.text.push_str(";\n");
    }

    /// A value that was printed on one line and is too long for it.
    fn long_value(&mut self, equals: usize, line: Line, short_path: bool, value: &Expr) {
        let next_line = |printer: &mut Self| {
            let indent = format!("\n{:1$}", "", printer.indent + STEP);
            printer.text.replace_range(equals..=equals, &indent);
            equals + indent.len()
        };
        match value {
            Expr::List(items) if !items.is_empty() => {
                self.text.truncate(equals + 1);
                self.certain &= short_path || self.column() + 2 <= WIDTH;
                self.broken(value);
            }
            // A string, and a call that is kept together, stay on the line.
            Expr::Str(_) | Expr::Directory(_) | Expr::Call(_) if line.firm => {
                if !short_path {
                    next_line(self);
                }
            }
            Expr::Call(call) if matches!(call.last(), Some(Expr::List(items)) if !items.is_empty()) => {
                self.text.truncate(equals + 1);
                self.broken(value);
            }
            Expr::Infix(left, _, right) if !has_brackets(left) && !has_brackets(right) => {
                let start = next_line(self);
                self.certain = self.fits(start, 1);
            }
            Expr::Call(_) => self.certain = false,
            _ if line.firm => {
                next_line(self);
            }
            _ => self.certain = false,
        }
    }

    /// Prints an expression over several lines. The first line has already begun.
    fn broken(&mut self, expr: &Expr) {
        match expr {
            // `name // {`.
            Expr::Infix(left, operator, right)
                if matches!(**left, Expr::Code(_) | Expr::Script(_)) && matches!(**right, Expr::Set(_)) =>
            {
                self.argument(left);
                self.text.push_str(&format!(" {operator} "));
                // After a long name, not even the bracket fits on the line.
                self.certain &= self.column() + 2 <= WIDTH;
                self.broken(right);
            }
            Expr::Set(set) => {
                self.text.push_str("{\n");
                self.indent += STEP;
                self.body(&[], set);
                self.indent -= STEP;
                self.begin();
                self.text.push('}');
            }
            Expr::List(items) => {
                self.text.push_str("[\n");
                self.indent += STEP;
                items.iter().for_each(|item| self.item(item));
                self.indent -= STEP;
                self.begin();
                self.text.push(']');
            }
            Expr::Lines(lines) => self.lines(lines, true),
            Expr::Str(parts) => match several_lines(parts) {
                Some((lines, ends)) => self.lines(&lines, ends),
                None => self.broken_string(parts),
            },
            Expr::Call(call) => self.broken_call(call),
            _ => self.without_layout(expr),
        }
    }

    /// One item of a list, on lines of its own.
    fn item(&mut self, item: &Expr) {
        self.begin();
        let start = self.text.len();
        match self.argument(item) {
            Some(line) => {
                if self.certain && !line.firm && !self.fits(start, 0) {
                    match item {
                        Expr::List(_) => {
                            self.text.truncate(start);
                            self.broken(item);
                        }
                        _ => self.certain = false,
                    }
                }
            }
            None => {
                self.text.truncate(start);
                match item {
                    Expr::Call(_) | Expr::Infix(..) => self.without_layout(item),
                    item => self.broken(item),
                }
            }
        }
        self.text.push('\n');
    }

    /// `f a b [`, if everything before the brackets of the last argument fits on the line.
    fn broken_call(&mut self, call: &[Expr]) {
        let start = self.text.len();
        let Some((last, head)) = call.split_last() else { return };
        let flat = head.iter().all(|item| {
            let line = self.early_argument(item);
            self.text.push(' ');
            line.is_some()
        });
        let opens = match last {
            Expr::List(items) => !items.is_empty(),
            last => has_brackets(last),
        };
        // nixfmt breaks two lists at the end together.
        let pair = matches!((head.last(), last), (Some(Expr::List(_)), Expr::List(_)));
        let bracket = if matches!(last, Expr::Lines(_) | Expr::Str(_)) { 2 } else { 1 };
        if flat && opens && !pair && self.column() + bracket <= WIDTH {
            self.broken(last);
        } else {
            self.text.truncate(start);
            self.certain = false;
            self.flat_call(call);
        }
    }

    /// A string that contains a call over several lines.
    fn broken_string(&mut self, parts: &[Part]) {
        let quotes = quotes(parts);
        self.text.push_str(quotes);
        // The beginning of a string determines the indentation of the rest.
        self.certain &= !is_one_interpolation(parts, |_| false) && !begins_with_space(parts);
        for part in parts {
            let start = self.text.len();
            match (self.part(part, quotes), part) {
                (Some(line), _) => self.certain &= line.firm,
                (None, Part::Expr(expr)) if ends_in_brackets(expr) => {
                    self.text.truncate(start);
                    self.text.push_str("${\n");
                    self.indent += STEP;
                    self.begin();
                    self.broken(expr);
                    self.indent -= STEP;
                    self.text.push('\n');
                    self.begin();
                    self.text.push('}');
                }
                (None, part) => {
                    self.text.truncate(start);
                    self.interpolation_anyway(part);
                }
            }
        }
        self.text.push_str(quotes);
    }

    /// `''…''`, one element per line. nixfmt removes the common indentation, as Nix does. `ends` is true if the
    /// last line ends with a newline.
    fn lines(&mut self, lines: &[Vec<Part>], ends: bool) {
        let start = self.text.len();
        let mut written: Vec<(String, bool)> = Vec::with_capacity(lines.len());
        for line in lines {
            let line = joined(line);
            let mut firm = !is_one_interpolation(&line, |text| !is_plain(text, false));
            for (i, part) in line.iter().enumerate() {
                let before_interpolation = i + 1 < line.len();
                match part {
                    Part::Text(text) if is_plain(text, before_interpolation) => {
                        escape_indented(text, before_interpolation, &mut self.text);
                    }
                    part => {
                        let line = self.interpolation_anyway(part);
                        firm &= line.firm;
                    }
                }
            }
            written.push((self.text.split_off(start), firm));
        }
        let leading = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let common = written.iter().map(|(line, _)| line).filter(|line| leading(line) < line.len());
        let common = common.map(|line| leading(line)).min().unwrap_or(usize::MAX);
        self.text.push_str("''\n");
        self.indent += STEP;
        for (i, (line, firm)) in written.iter().enumerate() {
            let line = &line[leading(line).min(common)..];
            if !line.is_empty() {
                self.begin();
                self.text.push_str(line);
                self.certain &= *firm || self.column() <= WIDTH;
            }
            if ends || i + 1 < written.len() {
                self.text.push('\n');
            } else {
                self.certain &= self.column() + "'';".len() <= WIDTH;
            }
        }
        self.indent -= STEP;
        if ends {
            self.begin();
        }
        self.text.push_str("''");
    }

    /// Prints an expression on one line. Returns `None` if it needs several lines. Once the text is uncertain,
    /// everything can be printed this way.
    fn flat(&mut self, expr: &Expr) -> Option<Line> {
        match expr {
            Expr::Str(parts) => match several_lines(parts) {
                None => self.string(parts),
                Some(_) if self.certain => None,
                Some((lines, ends)) => {
                    self.lines(&lines, ends);
                    Some(Line::LOOSE)
                }
            },
            Expr::Lines(lines) if lines.is_empty() => self.string(&[]),
            Expr::Lines(_) if self.certain => None,
            Expr::Lines(lines) => {
                self.lines(lines, true);
                Some(Line::LOOSE)
            }
            // Nix has no literal for `-1` in a list, and none for the smallest number.
            Expr::Int(i64::MIN) => self.loose("(-9223372036854775807 - 1)"),
            Expr::Int(n) if *n < 0 => self.loose(&format!("({n})")),
            Expr::Int(n) => self.firm(&n.to_string()),
            Expr::Float(text) if text.starts_with('-') => self.loose(&format!("({text})")),
            Expr::Float(text) => self.firm(text),
            Expr::Bool(value) => self.firm(if *value { "true" } else { "false" }),
            Expr::Null => self.firm("null"),
            Expr::Ref(reference) => self.reference(reference),
            Expr::Directory(folder) => {
                let (base, rest) = self.names.directory(folder);
                match rest {
                    None => self.firm(&base),
                    Some(rest) => {
                        self.text.push_str(&format!("({base} + "));
                        self.string(&[Part::Text(rest.into())]);
                        self.loose(")")
                    }
                }
            }
            Expr::Code(code) => self.code(code),
            Expr::Script(script) => {
                self.scripts.insert(*script);
                self.code(script.selection())
            }
            Expr::User(code) => {
                self.user(&format!("(\n{code}\n)"));
                Some(Line::LOOSE)
            }
            Expr::List(items) => self.flat_list(items, 1),
            Expr::Set(set) if set.is_empty() => self.loose("{ }"),
            Expr::Set(_) if self.certain => None,
            Expr::Set(_) => {
                self.broken(expr);
                Some(Line::LOOSE)
            }
            Expr::Call(call) => self.flat_call(call),
            Expr::Infix(left, operator, right) => {
                self.argument(left)?;
                self.text.push_str(&format!(" {operator} "));
                self.argument(right)?;
                Some(Line::LOOSE)
            }
        }
    }

    /// A list of at most `most` items.
    fn flat_list(&mut self, items: &[Expr], most: usize) -> Option<Line> {
        if self.certain && items.len() > most {
            return None;
        }
        self.text.push_str("[ ");
        for item in items {
            let line = self.argument(item)?;
            if self.certain && items.len() > 1 && !line.simple {
                return None;
            }
            self.text.push(' ');
        }
        self.text.push(']');
        Some(Line { firm: items.is_empty(), simple: false })
    }

    fn flat_call(&mut self, call: &[Expr]) -> Option<Line> {
        let mut simple = call.len() <= 3;
        let mut firm = true;
        for (i, item) in call.iter().enumerate() {
            if i > 0 {
                self.text.push(' ');
            }
            let line = if i + 1 < call.len() { self.early_argument(item)? } else { self.argument(item)? };
            simple &= line.simple;
            // nixfmt always keeps the arguments before the last one together.
            firm = line.firm;
        }
        Some(Line { firm: firm && simple, simple })
    }

    /// An argument before the last one. It may be a short list.
    fn early_argument(&mut self, item: &Expr) -> Option<Line> {
        match item {
            Expr::List(items) => self.flat_list(items, 6),
            item => self.argument(item),
        }
    }

    /// Prints an argument, in parentheses if it needs them.
    fn argument(&mut self, expr: &Expr) -> Option<Line> {
        let apart = match expr {
            Expr::Call(_) | Expr::Infix(..) => true,
            Expr::Ref(reference) => {
                matches!(self.names.name(&reference.target), Name::Code(code) if is_call(&code))
            }
            _ => false,
        };
        if !apart {
            return self.flat(expr);
        }
        self.text.push('(');
        let line = self.flat(expr)?;
        self.text.push(')');
        Some(Line { firm: false, ..line })
    }

    fn reference(&mut self, reference: &Reference) -> Option<Line> {
        match self.names.name(&reference.target) {
            Name::Code(code) => self.code(&code),
            Name::Value(value) => self.flat(&value),
        }
    }

    /// A name or a selection. nixfmt breaks it only if it selects from parentheses.
    fn code(&mut self, code: &str) -> Option<Line> {
        self.uses(code);
        self.text.push_str(code);
        Some(Line { firm: !code.starts_with('(') && !is_call(code), simple: !code.contains('"') })
    }

    /// An expression of the user. It can use the arguments of the module. Its other names, such as a variable
    /// `scripts`, do not refer to homegen's bindings. Its relative paths are relative to the compiled file.
    fn user(&mut self, code: &str) {
        self.certain = false;
        self.used.extend(identifiers(code).into_iter().filter(|name| ARGUMENTS.contains(&name.as_str())));
        let mut end = 0;
        for path in relative_paths(code) {
            let (base, rest) = self.names.directory(&code[path.clone()]);
            self.text.push_str(&code[end..path.start]);
            match rest {
                None => self.text.push_str(&base),
                Some(rest) => {
                    self.text.push_str(&format!("({base} + "));
                    self.string(&[Part::Text(rest.into())]);
                    self.text.push(')');
                }
            }
            // A path before an interpolation ends with a slash.
            if code[path.clone()].ends_with('/') {
                self.text.push('/');
            }
            end = path.end;
        }
        self.text.push_str(&code[end..]);
    }

    fn string(&mut self, parts: &[Part]) -> Option<Line> {
        self.string_in(quotes(parts), parts)
    }

    fn string_in(&mut self, quotes: &str, parts: &[Part]) -> Option<Line> {
        self.text.push_str(quotes);
        let mut firm = true;
        for part in parts {
            firm &= self.part(part, quotes)?.firm;
        }
        self.text.push_str(quotes);
        Some(Line { firm: firm && !is_one_interpolation(parts, |_| false), simple: true })
    }

    fn part(&mut self, part: &Part, quotes: &str) -> Option<Line> {
        match part {
            Part::Text(text) if quotes == TWO_QUOTES => self.text.push_str(text),
            Part::Text(text) => escape(text, &mut self.text),
            other => return self.interpolation(other),
        }
        Some(Line::FIRM)
    }

    /// `${…}`. nixfmt keeps a simple or short expression in it together.
    fn interpolation(&mut self, part: &Part) -> Option<Line> {
        const SHORT: usize = 30;
        self.text.push_str("${");
        let start = self.text.len();
        let line = match part {
            Part::Text(_) => self.string_in("\"", std::slice::from_ref(part)),
            Part::Code(code) => self.code(code),
            Part::Expr(expr) => self.flat(expr),
            Part::Ref(reference) => match to_string(&reference.value) {
                None => self.reference(reference),
                Some(function) => {
                    self.text.push_str(function);
                    self.text.push(' ');
                    self.argument(&Expr::Ref(reference.clone()))
                }
            },
        }?;
        // nixfmt counts the space in an empty list twice if another argument follows.
        let code = &self.text[start..];
        let short = code.chars().count() + code.matches("[ ]").count() <= SHORT;
        self.text.push('}');
        Some(Line { firm: line.simple || short, simple: line.simple })
    }

    /// `${…}`, marked as uncertain if it needs several lines.
    fn interpolation_anyway(&mut self, part: &Part) -> Line {
        let start = self.text.len();
        self.interpolation(part).unwrap_or_else(|| {
            self.text.truncate(start);
            self.certain = false;
            self.interpolation(part).unwrap_or(Line::LOOSE)
        })
    }

    fn firm(&mut self, code: &str) -> Option<Line> {
        self.text.push_str(code);
        Some(Line::FIRM)
    }

    fn loose(&mut self, code: &str) -> Option<Line> {
        self.text.push_str(code);
        Some(Line::LOOSE)
    }

    fn without_layout(&mut self, expr: &Expr) {
        self.certain = false;
        self.argument(expr);
    }

    /// Begins a line.
    fn begin(&mut self) {
        self.line = self.text.len();
        self.text.extend(std::iter::repeat_n(' ', self.indent));
    }

    /// The width of the current line.
    fn column(&self) -> usize {
        self.text[self.line..].chars().count()
    }

    /// True if the text from `start` on plus `more` characters fits on a line.
    fn fits(&self, start: usize, more: usize) -> bool {
        let text = &self.text[start..];
        text.len() + more <= WIDTH || text.chars().count() + more <= WIDTH
    }
}

/// True if nixfmt prefers a line break within the expression to one before it.
fn has_brackets(expr: &Expr) -> bool {
    match expr {
        Expr::Set(_) | Expr::List(_) | Expr::Lines(_) => true,
        Expr::Str(parts) => several_lines(parts).is_some(),
        _ => false,
    }
}

/// True for a call whose last argument is a list or a set.
fn ends_in_brackets(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if matches!(call.last(), Some(Expr::List(_) | Expr::Set(_))))
}

/// True if the string is a single interpolation, in which nixfmt may break the line.
fn is_one_interpolation(parts: &[Part], is_interpolated: impl Fn(&str) -> bool) -> bool {
    let mut rest = parts.iter().filter(|part| !matches!(part, Part::Text(text) if text.trim().is_empty()));
    match (rest.next(), rest.next()) {
        (Some(Part::Text(text)), None) => is_interpolated(text),
        (first, second) => first.is_some() && second.is_none(),
    }
}

/// The lines of a multi-line text that `''…''` can represent, and true if the last line ends with a newline. Nix
/// removes the common indentation, and editors remove trailing spaces.
fn several_lines(parts: &[Part]) -> Option<(Vec<Vec<Part>>, bool)> {
    let is_text =
        |part: &Part| matches!(part, Part::Text(text) if text.trim_end_matches('\n').contains('\n'));
    let breaks = |part: &Part| matches!(part, Part::Text(text) if text.contains('\n'));
    let has_several = parts.iter().any(is_text) || parts.len() > 1 && parts.iter().any(breaks);
    if !has_several {
        return None;
    }
    let mut lines = split_lines(&joined(parts));
    let ends = lines.last().is_some_and(Vec::is_empty);
    if ends {
        lines.pop();
    }
    let mut stands_out = false;
    for line in &lines {
        for (i, part) in line.iter().enumerate() {
            let is_last = i + 1 == line.len();
            let Part::Text(text) = part else { continue };
            if !is_plain(text, !is_last) || is_last && text.ends_with(char::is_whitespace) {
                return None;
            }
        }
        stands_out |= !line.is_empty() && !begins_with_space(line);
    }
    let closes = |line: &Vec<Part>| matches!(line.last(), Some(Part::Text(text)) if text.ends_with('\''));
    let fits = lines.len() > 1
        && stands_out
        && !lines.first().is_some_and(Vec::is_empty)
        && !lines.last().is_some_and(Vec::is_empty)
        && (ends || !lines.last().is_some_and(closes));
    fits.then_some((lines, ends))
}

/// The parts, with consecutive texts merged.
fn joined(parts: &[Part]) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match (joined.last_mut(), part) {
            (_, Part::Text(text)) if text.is_empty() => {}
            (Some(Part::Text(last)), Part::Text(text)) => last.to_mut().push_str(text),
            _ => joined.push(part.clone()),
        }
    }
    joined
}

/// True if the text of a line can be part of `''…''`.
fn is_plain(text: &str, before_interpolation: bool) -> bool {
    let runs_into_interpolation = before_interpolation && text.ends_with('\'');
    !text.contains(char::is_control)
        && !runs_into_interpolation
        && escape_indented(text, before_interpolation, &mut String::new())
}

/// True if the text has characters with a special meaning in `''…''`.
fn needs_quotes(text: &str) -> bool {
    text.contains(|c: char| matches!(c, '\'' | '$' | '\\') || c.is_control())
}

/// The quotes of a string with double quotes in it, which need no backslashes then.
const TWO_QUOTES: &str = "''";

fn quotes(parts: &[Part]) -> &'static str {
    if reads_better_in_two_quotes(parts) { TWO_QUOTES } else { "\"" }
}

/// True if a string has double quotes, and no character with a special meaning in `''…''`.
fn reads_better_in_two_quotes(parts: &[Part]) -> bool {
    let texts = || {
        parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(&**text),
            _ => None,
        })
    };
    texts().any(|text| text.contains('"')) && !texts().any(needs_quotes) && !begins_with_space(parts)
}

fn begins_with_space(parts: &[Part]) -> bool {
    let first = parts.iter().find(|part| !matches!(part, Part::Text(text) if text.is_empty()));
    matches!(first, Some(Part::Text(text)) if text.starts_with(char::is_whitespace))
}
