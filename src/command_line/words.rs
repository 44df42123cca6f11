//! The words of a command, as a shell reads them (POSIX.1-2024, Shell Command Language, 2.2 to 2.6), with their spans.
//!
//! A variable or a command substitution is a reference without a target in the file: its value is known on the other
//! machine only. `$(pwd)` is the variable PWD, and `~` is HOME.

use crate::source::{SourceId, Span};
use crate::tree::{Atom, Piece, Reference, Step, Target, Text};

/// The command of a text.
pub(super) struct Command {
    /// The words.
    pub words: Vec<Text>,
    /// The rest of the text behind an operator of the shell.
    pub rest: Option<Span>,
}

/// The name of the variable that a reference of a word stands for, and its default.
pub(super) fn variable(reference: &Reference) -> (&str, Option<String>) {
    let Target::Constant(path) = &reference.target else { return ("", None) };
    let name = match path.first() {
        Some(Step::Key(name)) => name,
        _ => "",
    };
    (name, (path.len() > 1).then(|| reference.value.text()))
}

/// Reads the first command of a text. Fails with the place of a quote that is not closed.
pub(super) fn command(text: &str, source: SourceId) -> Result<Command, Span> {
    let mut lexer = Lexer { text, at: 0, source };
    let mut words = Vec::new();
    loop {
        lexer.skip_blanks();
        match lexer.peek() {
            None => return Ok(Command { words, rest: None }),
            Some('#') => lexer.take_while(|c| c != '\n'),
            Some('\n') if words.is_empty() => lexer.at += 1,
            // The prompt of a shell, in text that was copied from a page.
            Some('$') if words.is_empty() && lexer.text[lexer.at + 1..].starts_with(' ') => lexer.at += 1,
            Some('\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')') => {
                let rest = lexer.text[lexer.at..].trim_start_matches(['\n', '\r', ' ', '\t', ';']);
                let is_comment =
                    rest.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('#'));
                let rest = Span::new(source, text.len() - rest.len()..text.trim_end().len());
                return Ok(Command { words, rest: (!is_comment).then_some(rest) });
            }
            Some(_) => words.push(lexer.word()?),
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    source: SourceId,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&is_part) {
            self.next();
        }
    }

    /// The length of a `\` at the end of a line, with the line break.
    fn continuation(&self) -> Option<usize> {
        let rest = &self.text[self.at..];
        ["\\\n", "\\\r\n"].into_iter().find(|end| rest.starts_with(end)).map(str::len)
    }

    fn skip_blanks(&mut self) {
        loop {
            if let Some(length) = self.continuation() {
                self.at += length;
            } else if self.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\r')) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.source, start..self.at)
    }

    fn word(&mut self) -> Result<Text, Span> {
        let start = self.at;
        let mut word = Text::empty(Span::default());
        let is_home = self.peek() == Some('~')
            && self.text[self.at + 1..].chars().next().is_none_or(|c| c == '/' || c.is_whitespace());
        if is_home {
            self.at += 1;
            word.push(reference("HOME", None, self.span(start)));
        }
        while let Some(c) = self.peek() {
            if let Some(length) = self.continuation() {
                self.at += length;
                continue;
            }
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                '$' | '`' => self.expansion(&mut word)?,
                '\\' => {
                    self.at += 1;
                    let escaped = self.next().unwrap_or('\\');
                    word.push(Piece::Literal(escaped.to_string()));
                }
                c => {
                    self.at += c.len_utf8();
                    word.push(Piece::Literal(c.to_string()));
                }
            }
        }
        Ok(Text { span: self.span(start), ..word })
    }

    fn single_quoted(&mut self, word: &mut Text) -> Result<(), Span> {
        let start = self.at;
        let Some(length) = self.text[start + 1..].find('\'') else {
            return Err(Span::new(self.source, start..start + 1));
        };
        self.at = start + 1 + length + 1;
        word.push(Piece::Literal(self.text[start + 1..start + 1 + length].to_owned()));
        Ok(())
    }

    fn double_quoted(&mut self, word: &mut Text) -> Result<(), Span> {
        let start = self.at;
        self.at += 1;
        loop {
            if let Some(length) = self.continuation() {
                self.at += length;
                continue;
            }
            match self.peek() {
                None => return Err(Span::new(self.source, start..start + 1)),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('$' | '`') => self.expansion(word)?,
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(c @ ('"' | '\\' | '$' | '`')) => {
                            self.at += 1;
                            word.push(Piece::Literal(c.to_string()));
                        }
                        _ => word.push(Piece::Literal("\\".to_owned())),
                    }
                }
                Some(c) => {
                    self.at += c.len_utf8();
                    word.push(Piece::Literal(c.to_string()));
                }
            }
        }
    }

    /// Reads a `$` or a backquote with the value that it stands for.
    fn expansion(&mut self, word: &mut Text) -> Result<(), Span> {
        let start = self.at;
        let rest = &self.text[start..];
        let behind = rest[1..].chars().next();
        let (name, default) = match (rest.starts_with('`'), behind) {
            (true, _) => {
                let length = rest[1..].find('`').ok_or(Span::new(self.source, start..start + 1))?;
                self.at += length + 2;
                (substitution(&rest[1..=length], &rest[..length + 2]), None)
            }
            (false, Some(open @ ('{' | '('))) => {
                let length = closed(&rest[1..], open).ok_or(Span::new(self.source, start..start + 2))?;
                self.at += 1 + length;
                let (inner, written) = (&rest[2..length], &rest[..=length]);
                match open {
                    '(' => (substitution(inner, written), None),
                    _ => parameter(inner, written),
                }
            }
            (false, Some(c)) if c.is_ascii_alphabetic() || c == '_' => {
                self.at += 1;
                self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
                (self.text[start + 1..self.at].to_owned(), None)
            }
            (false, Some(c)) if c.is_ascii_digit() || "?!#$@*-".contains(c) => {
                self.at += 2;
                (c.to_string(), None)
            }
            _ => {
                self.at += 1;
                word.push(Piece::Literal("$".to_owned()));
                return Ok(());
            }
        };
        word.push(reference(&name, default, self.span(start)));
        Ok(())
    }
}

/// The length of a text in brackets that starts with `open`.
fn closed(text: &str, open: char) -> Option<usize> {
    let close = if open == '(' { ')' } else { '}' };
    let mut depth = 0usize;
    text.char_indices().find_map(|(at, c)| {
        match c {
            c if c == open => depth += 1,
            c if c == close => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at + 1)
    })
}

/// The name of a command substitution.
fn substitution(command: &str, written: &str) -> String {
    if command.trim() == "pwd" { "PWD".to_owned() } else { written.to_owned() }
}

/// The name and the default of `${NAME:-default}`. Another form is a name of its own.
fn parameter(inner: &str, written: &str) -> (String, Option<String>) {
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let default = rest.strip_prefix(":-").or(rest.strip_prefix('-'));
    match (name, rest, default) {
        ("", ..) => (written.to_owned(), None),
        (name, "", _) => (name.to_owned(), None),
        (name, _, Some(default)) if !default.contains(['$', '`', '"', '\'', '\\']) => {
            (name.to_owned(), Some(default.to_owned()))
        }
        (name, rest, _) if rest.starts_with(":?") || rest.starts_with('?') => (name.to_owned(), None),
        _ => (written.to_owned(), None),
    }
}

/// A variable as a piece of a word.
fn reference(name: &str, default: Option<String>, span: Span) -> Piece {
    let mut path = vec![Step::Key(name.to_owned())];
    path.extend(default.as_ref().map(|_| Step::Key("default".to_owned())));
    let value = Atom::Str(default.unwrap_or_default());
    Piece::Reference(Reference { target: Target::Constant(path), value, span }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let command = command(text, SourceId::FILE).expect("words");
        let shown = |text: &Text| {
            let pieces = text.pieces.iter().map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Reference(reference) => match variable(reference) {
                    (name, None) => format!("<{name}>"),
                    (name, Some(default)) => format!("<{name}={default}>"),
                },
            });
            pieces.collect::<String>()
        };
        command.words.iter().map(shown).collect()
    }

    #[test]
    fn words_are_those_of_a_shell() {
        for (text, words) in [
            ("a  b\\\n  c \\\r\n d", &["a", "b", "c", "d"][..]),
            ("$ docker run", &["docker", "run"]),
            ("'a b'\"c d\"\\ e ''", &["a bc d e", ""]),
            (r#""a \"b\" \\ \n \$x""#, &[r#"a "b" \ \n $x"#]),
            ("$(pwd)/a:/b `pwd` $PWD ${PWD}", &["<PWD>/a:/b", "<PWD>", "<PWD>", "<PWD>"]),
            ("\"$A b\" '$A' ${A:-b} ${A-b} ${A:?c}", &["<A> b", "$A", "<A=b>", "<A=b>", "<A>"]),
            ("$(id -u):$(id -g) ${A%b} $ a$", &["<$(id -u)>:<$(id -g)>", "<${A%b}>", "$", "a$"]),
            ("~/a ~ b~ ~b", &["<HOME>/a", "<HOME>", "b~", "~b"]),
            ("a # b\n", &["a"]),
            ("# a\nb c#d", &["b", "c#d"]),
        ] {
            assert_eq!(read(text), words, "{text}");
        }
    }

    #[test]
    fn a_second_command_and_an_open_quote_are_found() {
        let rest = |text: &str| {
            let rest = command(text, SourceId::FILE).expect("words").rest?;
            Some(text[rest.start as usize..rest.end as usize].to_owned())
        };
        assert_eq!(rest("a b; \n # c\n"), None);
        assert_eq!(rest("a b && c").as_deref(), Some("&& c"));
        assert_eq!(rest("a b\nc\n").as_deref(), Some("c"));
        assert_eq!(rest("a > /dev/null").as_deref(), Some("> /dev/null"));
        for text in ["a 'b", "a \"b", "a $(b", "a ${b", "a `b"] {
            assert_eq!(command(text, SourceId::FILE).err().map(|span| span.start), Some(2), "{text}");
        }
    }
}
