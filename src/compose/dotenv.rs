//! Env files: `.env`, the files of `--env-file`, and those of `env_file`.
//!
//! The grammar is compose-go's (`dotenv/parser.go`), with three differences: a name without a value in a last line
//! without line break is a name like any other (compose-go makes it the value of a variable without a name), a value without
//! a name is an error, and so is a tab in a name. All lines are read after an error.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::project::{Part, ValueSource, Variable};
use crate::source::{SourceId, Span};

use super::budget::Budget;
use super::template;

/// Reads the variables of an env file in the order of its lines. Of several with one name, the last one wins.
///
/// References in unquoted and double-quoted values take their values from `lookup`, and then from the lines above. A name
/// without a value takes the value of `lookup`.
pub(super) fn parse(
    text: &str,
    source: SourceId,
    lookup: &dyn Fn(&str) -> Option<String>,
    budget: &Budget,
    diagnostics: &mut Diagnostics,
) -> Vec<(String, Variable)> {
    let at = text.len() - without_mark(text).len();
    let mut reader = Reader {
        text,
        at,
        source,
        lookup,
        budget,
        diagnostics,
        values: HashMap::new(),
        variables: Vec::new(),
    };
    while !budget.is_spent() && reader.skip_to_statement() {
        reader.read_statement();
    }
    reader.variables
}

/// Reads an env file with `format: raw`, whose values stand for themselves (docker/cli, `pkg/kvfile`).
pub(super) fn parse_raw(
    text: &str,
    source: SourceId,
    lookup: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics,
) -> Vec<(String, Variable)> {
    let mut variables = Vec::new();
    let mut start = text.len() - without_mark(text).len();
    for whole in text[start..].split_inclusive('\n') {
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let trimmed = line.trim_start();
        let begin = start + line.len() - trimmed.len();
        let span = Span::new(source, begin..start + line.len());
        start += whole.len();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let (name, value) = match trimmed.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (trimmed, lookup(trimmed)),
        };
        let reason = match name {
            "" => "expected a name before `=`",
            name if name.contains([' ', '\t']) => "the name of a variable cannot contain a space",
            _ => {
                variables.push((name.to_owned(), Variable { value, span }));
                continue;
            }
        };
        diagnostics.push(invalid_line(span, reason));
    }
    variables
}

/// A text without its byte order mark, which some editors write.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// A line that Compose does not accept.
fn invalid_line(span: Span, reason: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::EnvFileLine, "invalid line in an env file", span, reason)
        .help("write `NAME=value`, with quotes on both sides of the value or on none")
}

/// An env file in the course of its reading.
struct Reader<'a> {
    text: &'a str,
    /// The next byte to read.
    at: usize,
    source: SourceId,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    budget: &'a Budget,
    diagnostics: &'a mut Diagnostics,
    /// The values of the lines above.
    values: HashMap<String, String>,
    variables: Vec<(String, Variable)>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Skips blanks and comments. Returns false at the end of the text.
    fn skip_to_statement(&mut self) -> bool {
        loop {
            self.at = self.text.len() - self.rest().trim_start().len();
            if !self.rest().starts_with('#') {
                return !self.rest().is_empty();
            }
            self.at = self.line_end();
        }
    }

    /// The end of the line, before its line break.
    fn line_end(&self) -> usize {
        self.rest().find('\n').map_or(self.text.len(), |length| self.at + length)
    }

    /// Skips blanks in the line.
    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(is_space).len();
    }

    /// Reads `NAME=value`, `NAME: value` or `NAME`.
    fn read_statement(&mut self) {
        let start = self.at;
        // The blanks of a regular expression in Go, which have no vertical tab.
        if let Some(rest) = self.rest().strip_prefix("export")
            && rest.starts_with(['\t', '\n', '\x0c', '\r', ' '])
        {
            self.at += "export".len();
            self.skip_spaces();
        }
        let is_name = |c: char| is_space(c) || c.is_alphanumeric() || "_.-[]".contains(c);
        let end = self.rest().find(|c| !is_name(c)).map_or(self.text.len(), |length| self.at + length);
        let name = self.text[self.at..end].trim_end();
        let sign = self.text[end..].chars().next();
        if let Some(found) = sign.filter(|sign| !matches!(sign, '=' | ':' | '\n')) {
            let at = end..end + found.len_utf8();
            self.report(at, format!("`{found}` cannot stand in the name of a variable"));
            self.at = self.line_end();
            return;
        }
        let reason = match name {
            "" if sign == Some('=') || sign == Some(':') => Some("expected a name before the value"),
            name if name.contains(is_space) => Some("the name of a variable cannot contain a space"),
            _ => None,
        };
        if let Some(reason) = reason {
            self.report(start..end, reason);
            self.at = self.line_end();
            return;
        }
        self.at = end;
        if matches!(sign, Some('=' | ':')) {
            self.at += 1;
            self.skip_spaces();
            let Some((value, end)) = self.read_value() else { return };
            self.push(name, Some(value), start..end);
        } else if !name.is_empty() {
            match (self.lookup)(name) {
                Some(value) => self.push(name, Some(value), start..end),
                // The value of a line above stays.
                None if self.values.contains_key(name) => {}
                None => self.push(name, None, start..end),
            }
        }
    }

    /// Reads a value. Returns it with its end, or `None` after an error.
    fn read_value(&mut self) -> Option<(String, usize)> {
        let start = self.at;
        let quote = match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => quote,
            _ => {
                self.at = self.line_end();
                let line = &self.text[start..self.at];
                let value = line.split_once(" #").map_or(line, |(value, _)| value).trim_end();
                let end = start + value.len();
                return Some((self.interpolate(value, start..end, true)?, end));
            }
        };
        let Some((value, end)) = unquote(self.text, start, quote) else {
            let line_end = self.line_end();
            self.report(start..line_end, format!("expected a closing `{quote}`"));
            self.at = self.text.len();
            return None;
        };
        self.at = end;
        match quote {
            '"' => Some((self.interpolate(&expand_escapes(&value), start..end, false)?, end)),
            _ => Some((value, end)),
        }
    }

    /// The value with its references replaced. `range` is its place, and `is_written` holds if it has the same bytes there.
    fn interpolate(&mut self, value: &str, range: Range<usize>, is_written: bool) -> Option<String> {
        if !self.budget.permits(value) {
            return None;
        }
        let found = |name: &str| (self.lookup)(name).or_else(|| self.values.get(name).cloned());
        let lookup = |name: &str| self.budget.value(|| found(name));
        let parts = match template::interpolate(value, &lookup) {
            Ok(parts) => parts,
            Err(invalid) => {
                let at = invalid.range.start + range.start..invalid.range.end + range.start;
                let at = if is_written { at } else { range };
                let span = Span::new(self.source, at);
                self.diagnostics.push(invalid_line(span, invalid.reason).help(
                    "a `$` that begins no reference is written `$$`, or put the value in single quotes",
                ));
                return None;
            }
        };
        for part in &parts {
            if let Part::Variable(reference) = part
                && let ValueSource::Required(message) = &reference.source
            {
                let separator = if message.is_empty() { "" } else { ": " };
                self.report(range, format!("`{}` has no value{separator}{message}", reference.name));
                return None;
            }
        }
        Some(parts.iter().map(Part::value).collect())
    }

    fn push(&mut self, name: &str, value: Option<String>, range: Range<usize>) {
        if let Some(value) = &value {
            self.values.insert(name.to_owned(), value.clone());
        }
        let span = Span::new(self.source, range);
        self.variables.push((name.to_owned(), Variable { value, span }));
    }

    fn report(&mut self, range: Range<usize>, reason: impl Into<String>) {
        self.diagnostics.push(invalid_line(Span::new(self.source, range), reason));
    }
}

/// The text in the quotes that begin at `start`, and the end of the closing quote. A backslash before the quote is removed,
/// any other stays. A quoted text can have several lines.
fn unquote(text: &str, start: usize, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut is_escaped = false;
    for (at, c) in text[start..].char_indices().skip(1) {
        match c {
            '\\' if !is_escaped => {
                is_escaped = true;
                continue;
            }
            c if c == quote && !is_escaped => return Some((value, start + at + 1)),
            c if c == quote => {}
            _ if is_escaped => value.push('\\'),
            _ => {}
        }
        is_escaped = false;
        value.push(c);
    }
    None
}

/// Replaces the escape sequences of a double-quoted value. `\$` becomes `$$`, which is a dollar sign for the interpolation.
/// An octal number has a leading zero and three more digits; a shorter one only loses the zero, as in compose-go.
fn expand_escapes(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut expanded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('\\') {
        expanded.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let mut length = 1;
        match after.bytes().next() {
            Some(b'a') => expanded.push('\x07'),
            Some(b'b') => expanded.push('\x08'),
            Some(b'f') => expanded.push('\x0c'),
            Some(b'n') => expanded.push('\n'),
            Some(b'r') => expanded.push('\r'),
            Some(b't') => expanded.push('\t'),
            Some(b'v') => expanded.push('\x0b'),
            Some(b'$') => expanded.push_str("$$"),
            Some(sign @ (b'"' | b'\\')) => expanded.push(char::from(sign)),
            Some(b'0') => {
                let digits = after[1..].bytes().take(3).take_while(u8::is_ascii_digit).count();
                length += digits;
                let digits = &after[1..length];
                let octal = Some(digits).filter(|digits| digits.len() == 3);
                match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
                    Some(number) => expanded.push(char::from(number)),
                    None => {
                        expanded.push('\\');
                        expanded.push_str(digits);
                    }
                }
            }
            _ => {
                expanded.push('\\');
                length = 0;
            }
        }
        rest = &after[length..];
    }
    expanded.push_str(rest);
    Cow::Owned(expanded)
}

/// A blank in a line, as compose-go defines it.
fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Read = Vec<(String, Option<String>)>;

    fn lookup(name: &str) -> Option<String> {
        (name == "HOST_NAME").then(|| "example".to_owned())
    }

    /// The variables of `text`, or the places of its errors.
    fn read(text: &str) -> Result<Read, Vec<&str>> {
        let mut diagnostics = Diagnostics::default();
        let variables = parse(text, SourceId::FILE, &lookup, &Budget::default(), &mut diagnostics);
        result(text, variables, diagnostics)
    }

    fn read_raw(text: &str) -> Result<Read, Vec<&str>> {
        let mut diagnostics = Diagnostics::default();
        let variables = parse_raw(text, SourceId::FILE, &lookup, &mut diagnostics);
        result(text, variables, diagnostics)
    }

    fn result(
        text: &str,
        variables: Vec<(String, Variable)>,
        diagnostics: Diagnostics,
    ) -> Result<Read, Vec<&str>> {
        let sources = crate::source::Sources::new("test.env", text.to_owned());
        let errors = diagnostics.into_sorted(&sources);
        if errors.is_empty() {
            return Ok(variables.into_iter().map(|(name, variable)| (name, variable.value)).collect());
        }
        let at = |d: &Diagnostic| &text[d.labels[0].span.start as usize..d.labels[0].span.end as usize];
        Err(errors.iter().map(at).collect())
    }

    fn variables(expected: &[(&str, &str)]) -> Result<Read, Vec<&'static str>> {
        Ok(expected.iter().map(|(name, value)| (name.to_string(), Some(value.to_string()))).collect())
    }

    /// The values are those of compose-go's `dotenv.UnmarshalWithLookup`.
    #[test]
    fn values_are_those_that_compose_reads() {
        for (text, expected) in [
            ("", &[][..]),
            ("A=1", &[("A", "1")]),
            ("A=1\nB=2\r\n\n C=3  \n", &[("A", "1"), ("B", "2"), ("C", "3")]),
            ("\u{feff}A=1", &[("A", "1")]),
            ("# A=0\n  # B\nA=1 # one\n", &[("A", "1")]),
            ("A=a#b", &[("A", "a#b")]),
            ("A=#b", &[("A", "#b")]),
            ("A= #b", &[("A", "#b")]),
            ("A=a\t#b", &[("A", "a\t#b")]),
            ("A: 1\nB : 2\nC = 3", &[("A", "1"), ("B", "2"), ("C", "3")]),
            ("A=\nB=", &[("A", ""), ("B", "")]),
            ("A=a=b:c", &[("A", "a=b:c")]),
            ("a.b-c[0]=1\nÄ=2\n0=3", &[("a.b-c[0]", "1"), ("Ä", "2"), ("0", "3")]),
            (
                "export A=1\nexport\tB=2\nexported=3\nexport=4",
                &[("A", "1"), ("B", "2"), ("exported", "3"), ("export", "4")],
            ),
            ("A='a $B \\n #c' # d", &[("A", "a $B \\n #c")]),
            ("A='it\\'s'", &[("A", "it's")]),
            ("A='a\nb'\nC=1", &[("A", "a\nb"), ("C", "1")]),
            ("A=\"a\nb\"", &[("A", "a\nb")]),
            (r#"A="a\tb\n\"c\" \\ \$B \q \x""#, &[("A", "a\tb\n\"c\" \\ $B \\q \\x")]),
            (r#"A="\0101 \012 \0 \0777 \0189""#, &[("A", "A \\12 \\ \\777 \\189")]),
            (r#"A="\0377""#, &[("A", "ÿ")]),
            ("A=\"1\" B=2", &[("A", "1"), ("B", "2")]),
            ("A=a\"b\"", &[("A", "a\"b\"")]),
            ("A=a\\nb", &[("A", "a\\nb")]),
            ("A=1\nB=$A\nC=\"${A}2\"\nD='$A'", &[("A", "1"), ("B", "1"), ("C", "12"), ("D", "$A")]),
            ("HOST_NAME=own\nB=$HOST_NAME", &[("HOST_NAME", "own"), ("B", "example")]),
            ("A=${B:-c}\nB=2", &[("A", "c"), ("B", "2")]),
            ("A=$B", &[("A", "")]),
            ("A=a$$b\nC=\"a$$b\"\nD=$1", &[("A", "a$b"), ("C", "a$b"), ("D", "$1")]),
            ("A=1\nA=2", &[("A", "1"), ("A", "2")]),
            ("HOST_NAME\nA=1\nA\n", &[("HOST_NAME", "example"), ("A", "1")]),
            ("export\nA=1", &[("A", "1")]),
        ] {
            assert_eq!(read(text), variables(expected), "{text}");
        }
        assert_eq!(read("A\nB"), Ok(vec![("A".to_owned(), None), ("B".to_owned(), None)]));
    }

    #[test]
    fn invalid_lines_are_all_reported() {
        for (text, expected) in [
            ("A B=1\nC=2\nD E", &["A B", "D E"][..]),
            ("echo \"a\"\nA$=1", &["\"", "$"]),
            ("=1", &[""]),
            ("A=1\nB=\"2\nC=3", &["\"2"]),
            ("A='1", &["'1"]),
            ("A=x${1}", &["${1}"]),
            ("A=\"x${1}\"", &["\"x${1}\""]),
            ("A=${B:?missing}", &["${B:?missing}"]),
            ("A=\"1\"'x'", &["'"]),
        ] {
            assert_eq!(read(text), Err(expected.to_vec()), "{text}");
        }
    }

    #[test]
    fn raw_values_stand_for_themselves() {
        for (text, expected) in [
            ("A=\"1\" # x \r\n # c\n\n  B='$A'\nC=\n", &[("A", "\"1\" # x "), ("B", "'$A'"), ("C", "")][..]),
            ("HOST_NAME\nA=b=c", &[("HOST_NAME", "example"), ("A", "b=c")]),
        ] {
            assert_eq!(read_raw(text), variables(expected), "{text}");
        }
        assert_eq!(read_raw("A"), Ok(vec![("A".to_owned(), None)]));
        assert_eq!(read_raw("A B=1\n=2\nexport C=1"), Err(vec!["A B=1", "=2", "export C=1"]));
    }

    #[test]
    fn a_variable_has_the_span_of_its_line() {
        let text = "# a\nexport A=\"x\ny\" # b\n  B: 1 # c\nC\n";
        let variables = parse(text, SourceId::FILE, &lookup, &Budget::default(), &mut Diagnostics::default());
        let spans = variables.iter().map(|(_, variable)| variable.span);
        let written: Vec<&str> = spans.map(|span| &text[span.start as usize..span.end as usize]).collect();
        assert_eq!(written, ["export A=\"x\ny\"", "B: 1", "C"]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r#"([A\n\r\t =:#"'\\$\{\}0é\[]|export |.)*"#) {
            let _ = read(&text);
            let _ = read_raw(&text);
        }

        #[test]
        fn a_printed_map_reads_back(map in proptest::collection::btree_map("[A-Za-z_][A-Za-z0-9_.]{0,5}", r#"([\\"'$# \n\t\r]|[^\\])*"#, 0..5)) {
            let quoted = |value: &str| {
                value.replace('\\', r"\\").replace('"', "\\\"").replace('$', r"\$")
            };
            let text: String = map.iter().map(|(name, value)| format!("{name}=\"{}\"\n", quoted(value))).collect();
            let expected: Read = map.into_iter().map(|(name, value)| (name, Some(value))).collect();
            prop_assert_eq!(read(&text), Ok(expected));
        }
    }
}
