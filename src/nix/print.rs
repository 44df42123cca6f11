//! Printing in the official style, RFC 166, as nixfmt has it.
//!
//! What homegen emits has few shapes, and how nixfmt lays them out is known: on one line where that fits,
//! with its brackets apart otherwise. Where it is not known (an expression of the user's, a call of several
//! arguments that is too long for its line) the printer goes on without a layout and says so, and the text
//! is one for nixfmt itself. Tests hold every text that is certain to what nixfmt makes of it.

use std::collections::BTreeSet;

use super::{
    ARGUMENTS, Attr, Expr, ITEM, Name, Names, Part, Set, attribute, escape, escape_indented, identifiers,
    is_call, is_identifier, relative_paths, split_lines, to_string,
};
use crate::script::Script;
use crate::tree::Reference;

/// How long a line may be. nixfmt does not count the indentation of what begins a line.
const WIDTH: usize = 100;

/// How far each level stands in.
const STEP: usize = 2;

/// Prints statements and expressions, line by line.
pub struct Printer<'a> {
    names: &'a dyn Names,
    text: String,
    /// Where the current line begins.
    line: usize,
    indent: usize,
    used: BTreeSet<String>,
    scripts: BTreeSet<Script>,
    certain: bool,
}

/// What was printed.
#[derive(Debug, Default)]
pub struct Printed {
    /// The text.
    pub text: String,
    /// The names that it uses by themselves.
    pub used: BTreeSet<String>,
    /// The scripts that it runs.
    pub scripts: BTreeSet<Script>,
    /// Whether nixfmt would leave it as it is.
    pub certain: bool,
}

/// What is known of an expression that was printed on one line.
#[derive(Clone, Copy)]
struct Line {
    /// nixfmt leaves it on its line even where that is too long.
    firm: bool,
    /// What nixfmt calls simple, and keeps together as an argument and in `${…}`.
    simple: bool,
}

impl Line {
    const FIRM: Line = Line { firm: true, simple: true };
    const LOOSE: Line = Line { firm: false, simple: false };
}

impl<'a> Printer<'a> {
    /// A printer of lines that stand in by `indent` spaces.
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

    /// What was printed.
    pub fn finish(self) -> Printed {
        Printed { text: self.text, used: self.used, scripts: self.scripts, certain: self.certain }
    }

    /// A line of homegen's own code that is in the official style.
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

    /// Notes that the name which `code` begins with is used.
    pub fn uses(&mut self, code: &str) {
        let mut code = code;
        while let Some(list) = code.trim_start_matches('(').strip_prefix(ITEM) {
            code = list;
        }
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
    pub fn body(&mut self, way: &[&str], set: &Set) {
        for (name, attr) in &set.0 {
            self.attribute(way, name, attr);
        }
    }

    /// The attributes of a set, each by itself between empty lines; those of the sets at `open` too.
    pub fn stanzas(&mut self, set: &Set, open: &[&[&str]]) {
        let mut first = true;
        self.stanzas_below(&mut Vec::new(), set, open, &mut first);
    }

    fn stanzas_below<'b>(
        &mut self,
        way: &mut Vec<&'b str>,
        set: &'b Set,
        open: &[&[&str]],
        first: &mut bool,
    ) {
        for (name, attr) in &set.0 {
            way.push(name);
            match &attr.value {
                Expr::Set(inner) if attr.name.is_none() && open.contains(&way.as_slice()) => {
                    self.stanzas_below(way, inner, open, first);
                }
                _ => {
                    if !std::mem::take(first) {
                        self.gap();
                    }
                    self.attribute(&way[..way.len() - 1], name, attr);
                }
            }
            way.pop();
        }
    }

    /// An expression by itself.
    pub fn expression(&mut self, expr: &Expr) {
        let start = self.text.len();
        if self.flat(expr).is_none() {
            self.text.truncate(start);
            self.broken(expr);
        }
    }

    /// `way.name = value;` under its comment. A set with one attribute is a longer path.
    fn attribute(&mut self, way: &[&str], name: &str, attr: &Attr) {
        for line in attr.comment.iter().flat_map(|comment| comment.lines()) {
            self.begin();
            self.text.push_str("# ");
            self.text.push_str(line);
            self.text.push('\n');
        }
        self.begin();
        let start = self.text.len();
        for step in way {
            self.text.push_str(&attribute(step));
            self.text.push('.');
        }
        let mut steps = way.len() + 1;
        let mut plain = way.iter().all(|step| is_identifier(step)) & self.name(name, attr);
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
        // nixfmt breaks behind the `=` of a path that is long, or not of plain names, before it breaks
        // what follows.
        self.value(start, plain && steps <= 4, value);
    }

    /// An attribute's name. Returns whether it is plain.
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
                    // A name cannot stand in `''…''`.
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

    /// ` = value;` behind a path that began at `start`.
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
            // Nothing stands beside it that it could fall apart from.
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
                // Where even the start of the value does not fit behind a path that is not short, it
                // would begin on the next line.
                let is_line = matches!(value, Expr::Str(parts) if several_lines(parts).is_none());
                self.certain &= short_path || (!is_line && self.column() + 2 <= WIDTH);
                self.broken(value);
            }
        }
        self.text.push_str(";\n");
    }

    /// What has a line of its own and is too long for it.
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
            // A string, and a call that is kept together, stay where they are.
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

    /// Prints it over several lines, the first of which has begun.
    fn broken(&mut self, expr: &Expr) {
        match expr {
            // `name // {`.
            Expr::Infix(left, operator, right)
                if matches!(**left, Expr::Code(_) | Expr::Script(_)) && matches!(**right, Expr::Set(_)) =>
            {
                self.argument(left);
                self.text.push_str(&format!(" {operator} "));
                // Behind a long name even the bracket does not fit on the line.
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

    /// `f a b [`, when all but the brackets of the last argument fit on the line.
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
        // Two lists at the end break together.
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

    /// A string in which a call stands over several lines.
    fn broken_string(&mut self, parts: &[Part]) {
        let quotes = quotes(parts);
        self.text.push_str(quotes);
        // What a string begins with decides how far the rest of it stands in.
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

    /// `''…''`, one element a line. nixfmt takes away what all lines stand in by, as Nix does. `ends` says whether the last
    /// line has a line end.
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

    /// Prints it on one line, unless it has to stand on several. Once there is no layout to be kept,
    /// everything can be printed so.
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
            // `-1` in a list, and the smallest number of all, are no literals in Nix.
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

    /// A list of no more than so many items.
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
            // What comes before the last argument is kept together whatever it is.
            firm = line.firm;
        }
        Some(Line { firm: firm && simple, simple })
    }

    /// An argument before the last one, which may be a short list.
    fn early_argument(&mut self, item: &Expr) -> Option<Line> {
        match item {
            Expr::List(items) => self.flat_list(items, 6),
            item => self.argument(item),
        }
    }

    /// Prints it where a function application would fall apart.
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

    /// A name or a selection, which nixfmt does not break unless it selects from parentheses.
    fn code(&mut self, code: &str) -> Option<Line> {
        self.uses(code);
        self.text.push_str(code);
        Some(Line { firm: !code.starts_with('(') && !is_call(code), simple: !code.contains('"') })
    }

    /// An expression of the user's. The arguments of the module are at hand in it; what else it names, such as a
    /// variable `scripts` of its own, is none of homegen's bindings. Its relative paths
    /// are relative to the file that is compiled.
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
            // A path with an interpolation behind it ends in a slash.
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

    /// `${…}`, in which nixfmt keeps together what is simple or short.
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
        // nixfmt counts the blank of an empty list twice where another argument follows.
        let code = &self.text[start..];
        let short = code.chars().count() + code.matches("[ ]").count() <= SHORT;
        self.text.push('}');
        Some(Line { firm: line.simple || short, simple: line.simple })
    }

    /// `${…}` where there is no layout for one that stands over several lines.
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

    /// How far the current line goes.
    fn column(&self) -> usize {
        self.text[self.line..].chars().count()
    }

    /// Whether the line from `start` on, and as many signs more, is not too long.
    fn fits(&self, start: usize, more: usize) -> bool {
        let text = &self.text[start..];
        text.len() + more <= WIDTH || text.chars().count() + more <= WIDTH
    }
}

/// Whether nixfmt would rather break within it than before it.
fn has_brackets(expr: &Expr) -> bool {
    match expr {
        Expr::Set(_) | Expr::List(_) | Expr::Lines(_) => true,
        Expr::Str(parts) => several_lines(parts).is_some(),
        _ => false,
    }
}

/// Whether it is a call whose last argument is a list or a set.
fn ends_in_brackets(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if matches!(call.last(), Some(Expr::List(_) | Expr::Set(_))))
}

/// Whether one interpolation is all that is written, in which nixfmt may break.
fn is_one_interpolation(parts: &[Part], is_interpolated: impl Fn(&str) -> bool) -> bool {
    let mut rest = parts.iter().filter(|part| !matches!(part, Part::Text(text) if text.trim().is_empty()));
    match (rest.next(), rest.next()) {
        (Some(Part::Text(text)), None) => is_interpolated(text),
        (first, second) => first.is_some() && second.is_none(),
    }
}

/// The lines of a text that has several, where `''…''` has the same value, and whether the last one has a line end.
/// Nix takes away what all lines stand in by, and an editor takes away blanks at the end of a line.
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

/// The parts with texts that follow each other as one.
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

/// Whether a line's text can stand in `''…''`.
fn is_plain(text: &str, before_interpolation: bool) -> bool {
    let runs_into_interpolation = before_interpolation && text.ends_with('\'');
    !text.contains(char::is_control)
        && !runs_into_interpolation
        && escape_indented(text, before_interpolation, &mut String::new())
}

/// Whether `''…''` would take something in it for something else.
fn needs_quotes(text: &str) -> bool {
    text.contains(|c: char| matches!(c, '\'' | '$' | '\\') || c.is_control())
}

/// The quotes of a string that may hold double quotes: in these they need no backslashes.
const TWO_QUOTES: &str = "''";

fn quotes(parts: &[Part]) -> &'static str {
    if reads_better_in_two_quotes(parts) { TWO_QUOTES } else { "\"" }
}

/// Whether a string holds double quotes, and nothing that `''…''` would take for something else.
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
