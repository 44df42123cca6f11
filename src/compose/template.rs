//! Interpolation: `$NAME` and `${NAME…}` in the values of Compose files and env files.
//!
//! The grammar is compose-go's (`template/template.go`), with two differences: a missing required variable is a part
//! of the result ([`ValueSource::Required`]), and references nest at most [`MAX_DEPTH`] levels deep.

use std::ops::Range;

use crate::project::{Part, Reference, ValueSource};

/// The most levels of nested references. Each level is read again for its own references.
const MAX_DEPTH: usize = 50;

/// A `${` that begins no reference. It is an error in Compose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invalid {
    /// The range of the invalid reference in the text.
    pub range: Range<usize>,
    /// The reason, as the label of a diagnostic.
    pub reason: String,
}

/// The operators, of which the colon forms treat an empty value as a missing one.
#[derive(Clone, Copy)]
enum Operator {
    /// `-`: a default.
    Default,
    /// `?`: the message of an error.
    Required,
    /// `+`: a replacement for a value.
    Alternative,
}

/// Replaces the references in `text` by values of `lookup`. The result has at least one part.
pub(super) fn interpolate(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Part>, Invalid> {
    let mut template = Template { text, lookup, parts: Vec::new() };
    template.read(0..text.len(), 0)?;
    if template.parts.is_empty() {
        template.parts.push(Part::Text(String::new()));
    }
    Ok(template.parts)
}

/// The line of a reference. It is searched once for all references in it.
struct Line {
    /// The end of the line.
    end: usize,
    /// The last closing brace in the line.
    last_brace: Option<usize>,
}

/// A text in the course of its interpolation.
struct Template<'a> {
    text: &'a str,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    parts: Vec<Part>,
}

impl Template<'_> {
    /// Reads a range of the text, which is the whole text or the text of an operator.
    fn read(&mut self, range: Range<usize>, depth: usize) -> Result<(), Invalid> {
        let mut at = range.start;
        let mut line = Line { end: at, last_brace: None };
        while let Some(found) = self.text[at..range.end].find('$') {
            let dollar = at + found;
            self.push_text(at..dollar);
            let rest = &self.text[dollar + 1..range.end];
            at = match rest.as_bytes().first() {
                Some(b'$') => {
                    self.push_text(dollar..dollar + 1);
                    dollar + 2
                }
                Some(b'{') => self.read_braces(dollar, range.end, depth, &mut line)?,
                _ => match name_length(rest) {
                    // `$1`, `$(id)` and `$` at the end stand for themselves.
                    0 => {
                        self.push_text(dollar..dollar + 1);
                        dollar + 1
                    }
                    length => {
                        self.push_variable(&rest[..length]);
                        dollar + 1 + length
                    }
                },
            };
        }
        self.push_text(at..range.end);
        Ok(())
    }

    /// Reads `${…}` at `dollar`, in a text that ends at `end`. Returns the end of the reference.
    fn read_braces(
        &mut self,
        dollar: usize,
        end: usize,
        depth: usize,
        line: &mut Line,
    ) -> Result<usize, Invalid> {
        let text = self.text;
        let inner = dollar + 2;
        let name = &text[inner..inner + name_length(&text[inner..end])];
        let after = inner + name.len();
        let invalid = |reason: &str| {
            let line = text[dollar..end].find('\n').map_or(end, |at| dollar + at);
            let close = text[dollar..line].find('}').map_or(line, |at| dollar + at + 1);
            Err(Invalid { range: dollar..close, reason: reason.to_owned() })
        };
        if name.is_empty() {
            return invalid("expected the name of a variable: letters, digits and `_`, not a digit first");
        }
        if text[after..end].starts_with('}') {
            self.push_variable(name);
            return Ok(after + 1);
        }
        let (colon, sign) = match &text.as_bytes()[after..end] {
            [b':', sign, ..] => (true, *sign),
            [sign, ..] => (false, *sign),
            [] => (false, 0),
        };
        let operator = match sign {
            b'-' => Operator::Default,
            b'?' => Operator::Required,
            b'+' => Operator::Alternative,
            _ => return invalid("expected `}`, `:-`, `-`, `:?`, `?`, `:+` or `+` after the name"),
        };
        // A reference ends in the line in which it begins.
        if line.end <= dollar {
            line.end = text[dollar..end].find('\n').map_or(end, |at| dollar + at);
            line.last_brace = text[dollar..line.end].rfind('}').map(|at| dollar + at);
        }
        let Some(last) = line.last_brace.filter(|last| *last > after) else {
            return invalid("expected `}` in the same line");
        };
        if depth == MAX_DEPTH {
            return invalid(&format!("references nest more than {MAX_DEPTH} levels deep"));
        }
        let close = closing_brace(&text[dollar..=last]).map_or(last, |at| dollar + at);
        let operand = after + 1 + usize::from(colon)..close;
        let value = (self.lookup)(name);
        let has_value = value.as_ref().is_some_and(|value| !colon || !value.is_empty());
        match (operator, has_value) {
            (Operator::Alternative, true) => self.read(operand, depth + 1)?,
            (Operator::Alternative, false) => {}
            (_, true) => {
                self.push_reference(name, value.unwrap_or_default(), ValueSource::Set);
            }
            (Operator::Default, false) => {
                let parts = self.read_apart(operand, depth + 1)?;
                match text_of(&parts) {
                    Some(default) => self.push_reference(name, default, ValueSource::Default),
                    None => parts.into_iter().for_each(|part| self.push(part)),
                }
            }
            (Operator::Required, false) => {
                let message = self.read_apart(operand, depth + 1)?;
                let message = message.iter().map(Part::value).collect();
                self.push_reference(name, String::new(), ValueSource::Required(message));
            }
        }
        Ok(close + 1)
    }

    /// The parts of a range of the text, without adding them.
    fn read_apart(&mut self, range: Range<usize>, depth: usize) -> Result<Vec<Part>, Invalid> {
        let mut template = Template { text: self.text, lookup: self.lookup, parts: Vec::new() };
        template.read(range, depth)?;
        Ok(template.parts)
    }

    /// Adds the value of a variable without an operator.
    fn push_variable(&mut self, name: &str) {
        match (self.lookup)(name) {
            Some(value) => self.push_reference(name, value, ValueSource::Set),
            None => self.push_reference(name, String::new(), ValueSource::Unset),
        }
    }

    fn push_reference(&mut self, name: &str, value: String, source: ValueSource) {
        self.push(Part::Variable(Reference { name: name.to_owned(), value, source }));
    }

    fn push_text(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.push(Part::Text(self.text[range].to_owned()));
        }
    }

    fn push(&mut self, part: Part) {
        match (self.parts.last_mut(), part) {
            (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
            (_, part) => self.parts.push(part),
        }
    }
}

/// The text of parts that have no variable.
fn text_of(parts: &[Part]) -> Option<String> {
    let texts = parts.iter().map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Variable(_) => None,
    });
    texts.collect()
}

/// The length of the name that `text` begins with, or 0.
fn name_length(text: &str) -> usize {
    let is_letter = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    match text.bytes().next() {
        Some(first) if is_letter(first) => {
            text.bytes().take_while(|b| is_letter(*b) || b.is_ascii_digit()).count()
        }
        _ => 0,
    }
}

/// The index of the brace that closes the first one. compose-go counts every brace, and skips the byte after an opening one
/// (`getFirstBraceClosingIndex`).
fn closing_brace(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut open, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'}' if open == 1 => return Some(at),
            b'}' => open -= 1,
            b'{' => {
                open += 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lookup(name: &str) -> Option<String> {
        let value = match name {
            "SET" | "_set1" => "value",
            "EMPTY" => "",
            "DOLLAR" => "$SET",
            _ => return None,
        };
        Some(value.to_owned())
    }

    /// The value of `text`, or the text of the invalid reference.
    fn value(text: &str) -> Result<String, &str> {
        let parts = interpolate(text, &lookup).map_err(|invalid| &text[invalid.range])?;
        Ok(parts.iter().map(Part::value).collect())
    }

    fn variable(name: &str, value: &str, source: ValueSource) -> Part {
        Part::Variable(Reference { name: name.to_owned(), value: value.to_owned(), source })
    }

    /// The values are those of compose-go's `template.Substitute`.
    #[test]
    fn references_have_the_values_that_compose_computes() {
        for (text, expected) in [
            ("", ""),
            ("$SET", "value"),
            ("${SET}", "value"),
            ("$_set1-", "value-"),
            ("a$SET.b", "avalue.b"),
            ("$UNSET.", "."),
            ("${UNSET}", ""),
            ("$$SET", "$SET"),
            ("$$$SET", "$value"),
            ("$${SET}", "${SET}"),
            ("$DOLLAR", "$SET"),
            ("$", "$"),
            ("$1", "$1"),
            ("$(id -u)", "$(id -u)"),
            ("$ {SET}", "$ {SET}"),
            ("$é", "$é"),
            ("${SET:-d}", "value"),
            ("${EMPTY:-d}", "d"),
            ("${EMPTY-d}", ""),
            ("${UNSET:-d}", "d"),
            ("${UNSET-d}", "d"),
            ("${UNSET:-}", ""),
            ("${UNSET:-a b: c}", "a b: c"),
            ("${UNSET:-$SET}", "value"),
            ("${UNSET:-${EMPTY:-${UNSET:-deep}}}", "deep"),
            ("${UNSET:-a$$b}", "a$b"),
            ("${UNSET:-b}c}", "bc}"),
            ("${UNSET:-a}${UNSET:-b}", "ab"),
            ("${UNSET:-{}}", "{}"),
            ("${UNSET:-{a}}", "{a}"),
            ("${UNSET:-{{}}}", "{{}}"),
            ("${SET:-${1}}", "value"),
            ("${UNSET-b:-c}", "b:-c"),
            ("${SET:+alt}", "alt"),
            ("${SET:+a $SET}", "a value"),
            ("${EMPTY:+alt}", ""),
            ("${EMPTY+alt}", "alt"),
            ("${UNSET+alt}", ""),
            ("${SET:?message}", "value"),
            ("${EMPTY?message}", ""),
            ("${SET}\n${UNSET:-x}", "value\nx"),
            ("${UNSET:-a\r}", "a\r"),
        ] {
            assert_eq!(value(text), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn braces_without_a_reference_are_invalid() {
        for (text, invalid) in [
            ("a ${} b", "${}"),
            ("${1}", "${1}"),
            ("${", "${"),
            ("${SET", "${SET"),
            ("${SET b}", "${SET b}"),
            ("${SET/b/c}", "${SET/b/c}"),
            ("${SET:b}", "${SET:b}"),
            ("${SET:-b\nc}", "${SET:-b"),
            ("${é}", "${é}"),
            ("${ SET}", "${ SET}"),
            ("${SET.a}", "${SET.a}"),
            ("${UNSET:-${1}}", "${1}"),
        ] {
            assert_eq!(value(text), Err(invalid), "{text}");
        }
    }

    #[test]
    fn parts_name_their_variable_and_its_source() {
        for (text, expected) in [
            ("$SET", vec![variable("SET", "value", ValueSource::Set)]),
            ("${UNSET}", vec![variable("UNSET", "", ValueSource::Unset)]),
            (
                "${UNSET:-80}:80",
                vec![variable("UNSET", "80", ValueSource::Default), Part::Text(":80".into())],
            ),
            ("${UNSET:-a$SET}", vec![Part::Text("a".into()), variable("SET", "value", ValueSource::Set)]),
            ("a${SET:+b}c", vec![Part::Text("abc".into())]),
            ("${UNSET:?no $SET}", vec![variable("UNSET", "", ValueSource::Required("no value".into()))]),
            ("a$$", vec![Part::Text("a$".into())]),
            ("${UNSET:+a}", vec![Part::Text(String::new())]),
        ] {
            assert_eq!(interpolate(text, &lookup), Ok(expected), "{text}");
        }
    }

    #[test]
    fn nested_references_have_a_limit() {
        let nested = |depth: usize| format!("{}{}", "${UNSET:-".repeat(depth), "}".repeat(depth));
        assert_eq!(value(&nested(MAX_DEPTH)), Ok(String::new()));
        assert!(value(&nested(MAX_DEPTH + 1)).is_err());
        assert!(value(&nested(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r"([${}:?+\-A\nSET_é1 ]|[^$])*") {
            let _ = interpolate(&text, &lookup);
        }

        #[test]
        fn text_without_references_is_itself(text in "[^$]*") {
            prop_assert_eq!(interpolate(&text, &lookup), Ok(vec![Part::Text(text)]));
        }

        #[test]
        fn doubled_dollars_are_text(text in ".*") {
            prop_assert_eq!(interpolate(&text.replace('$', "$$"), &lookup), Ok(vec![Part::Text(text)]));
        }
    }
}
