//! Diagnostics for syntax errors. They describe the line as a person sees it, not the state of the parser.

use std::ops::Range;

use super::recover::{Broken, Stop, first_sign, indent, is_about_quotes, line_at, lines_above};
use crate::diag::{Code, Diagnostic, Diagnostics, Fix};
use crate::source::{SourceId, Span};
use crate::word::is_word;

/// Reports one invalid part of `text`.
pub(super) fn report(text: &str, broken: &Broken, source: SourceId, diagnostics: &mut Diagnostics) {
    let known = unquoted_line(text, broken, source)
        .or_else(|| tab(text, broken, source))
        .or_else(|| misplaced_line(text, broken, source))
        .or_else(|| unclosed(text, broken, source))
        .or_else(|| second_colon(text, broken, source))
        .or_else(|| word(text, broken, source));
    diagnostics.push(known.unwrap_or_else(|| {
        let at = broken.stop.at;
        let (fault, label, help) = other(text, &broken.stop);
        let title = format!("line {} {fault}", number(text, at));
        Diagnostic::new(Code::Syntax, title, Span::new(source, at..at), label).help(help)
    }));
}

/// The fault of the line at `stop`, the label and the help. The parser's own message is about its state, so only its
/// keywords decide.
fn other(text: &str, stop: &Stop) -> (&'static str, &'static str, String) {
    let has = |word: &str| stop.reason.contains(word);
    if has("unexpected character") {
        let rest = text[stop.at..line_at(text, stop.at).end].trim_end();
        let (quoted, label) = (quoted(rest), "a value without quotes cannot start with this character");
        return match rest.chars().count() <= MAX_SHOWN {
            true => ("has an unexpected character", label, format!("write `{quoted}`")),
            false => ("has an unexpected character", label, "put the value in quotes".to_owned()),
        };
    }
    let (fault, label, help) = if has("unknown anchor") {
        (
            "has an alias without an anchor",
            "no `&NAME` before this alias",
            "move the value to `constants`, and refer to it by name",
        )
    } else if has("escape") || has("hexadecimal") || has("surrogate") {
        (
            "has an invalid escape",
            "unknown escape in double quotes",
            "write `\\\\` for a backslash, or use single quotes",
        )
    } else if has("trailing content") {
        (
            "continues after its closing quote",
            "expected the end of the value",
            "put the whole value in one pair of quotes",
        )
    } else if has("block scalar") {
        (
            "has an invalid block string",
            "expected a line break after `|` or `>`",
            "start the text on the next line",
        )
    } else if has("flow") {
        (
            "has an incomplete list or mapping in brackets",
            "expected `,` or the closing bracket",
            "close the bracket, or add the comma",
        )
    } else if has("indentation") {
        (
            "has a wrong indentation",
            "expected the indentation of a line above",
            "indent the line as the lines that it belongs to",
        )
    } else if has("expected key") || has("mapping values") || has("indicator") || has("simple key") {
        (
            "does not fit the lines above it",
            "expected a key or an item of the block above",
            "indent the line as the lines that it belongs to",
        )
    } else {
        (
            "is not valid YAML",
            "the YAML parser stopped here",
            "check the indentation, the quotes and the brackets of this line and the line above",
        )
    };
    (fault, label, help.to_owned())
}

/// `text` in the quotes that need no escape.
fn quoted(text: &str) -> String {
    match text.contains(['"', '\\']) {
        true => format!("'{}'", text.replace('\'', "''")),
        false => format!("\"{text}\""),
    }
}

/// Reports `[${a}/b]`, where YAML reads the brace as the start of a mapping.
fn unquoted_line(text: &str, broken: &Broken, source: SourceId) -> Option<Diagnostic> {
    let line = line_at(text, broken.stop.at);
    let found = unquoted_reference(&text[line.clone()])?;
    Some(unquoted(Span::new(source, line.start + found.start..line.start + found.end)))
}

/// The diagnostic for a reference that needs quotes.
pub(super) fn unquoted(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::UnquotedReference,
        "a reference inside `{ }` or `[ ]` needs quotes",
        span,
        "YAML reads this brace as the start of a mapping",
    )
    .help("put the whole value in double quotes: `\"${…}\"`")
}

fn tab(text: &str, broken: &Broken, source: SourceId) -> Option<Diagnostic> {
    let start = line_at(text, broken.stop.at).start;
    let at = start + indenting_tab(&text[start..]).filter(|_| broken.stop.reason.contains("tab"))?;
    let tab = Span::new(source, at..at + 1);
    let label = "YAML accepts only spaces as indentation";
    let title = "a line is indented with a tab";
    Some(Diagnostic::new(Code::Syntax, title, tab, label).help("replace the tab with spaces").once())
}

/// Reports the line where the parser stopped, or the line above it, if it has no space after a hyphen or a colon, or is a
/// list item that is indented too far.
fn misplaced_line(text: &str, broken: &Broken, source: SourceId) -> Option<Diagnostic> {
    let Range { start: line, end } = line_at(text, broken.stop.at);
    if line == 0 || broken.stop.flow.is_some() {
        return None;
    }
    let before = line_at(text, line - 1).start;
    let is_item = |start: usize| text[start..].starts_with("- ");
    let (own, its) = (indent(text, line), indent(text, before));
    let (here, above) = (first_sign(text, line), first_sign(text, before));
    if is_item(above) && is_item(here) && its < own {
        return Some(too_deep_item(Span::new(source, here..end), Code::Syntax));
    }
    missing_space(text, here..end, source)
        .or_else(|| missing_space(text, above..line - 1, source).filter(|_| own == its))
}

/// The diagnostic for a list item that YAML reads as a part of the item above.
pub(super) fn too_deep_item(item: Span, code: Code) -> Diagnostic {
    Diagnostic::new(
        code,
        "a list item is indented too far",
        item,
        "YAML reads this line as a part of the item above",
    )
    .help("indent this item as the item above")
}

/// Reports a `line` such as `A:1` and `-a`.
fn missing_space(text: &str, line: Range<usize>, source: SourceId) -> Option<Diagnostic> {
    let written = text[line.clone()].trim_end();
    let spaced = spaced(written)?;
    let sign = if written.starts_with('-') { "hyphen" } else { "colon" };
    let title = format!("line {} has no space after its {sign}", number(text, line.start));
    let span = Span::new(source, line.start..line.start + written.len());
    Some(
        Diagnostic::new(Code::Syntax, title, span, "YAML reads this as one word")
            .help(format!("write `{spaced}`"))
            .fix(Fix::certain(span, spaced)),
    )
}

/// Reports a bracket or a quote that is not closed in its own block.
fn unclosed(text: &str, broken: &Broken, source: SourceId) -> Option<Diagnostic> {
    let first = line_at(text, broken.lines.start);
    let (at, bracket, label, help) = match broken.stop.flow {
        Some(flow) if first.contains(&flow) => {
            let (open, close) = if text[flow..].starts_with('[') { ('[', ']') } else { ('{', '}') };
            (flow, "bracket", format!("this `{open}` is not closed"), format!("close it with `{close}`"))
        }
        None if is_about_quotes(&broken.stop.reason) && !is_content_behind(broken) => {
            let at = first.start + unclosed_quote(&text[first])?;
            let quote = &text[at..at + 1];
            (at, "quote", format!("this `{quote}` is not closed"), format!("close it with `{quote}`"))
        }
        _ => return None,
    };
    let title = format!("line {} has a {bracket} that is not closed", number(text, at));
    Some(Diagnostic::new(Code::Syntax, title, Span::new(source, at..at + 1), label).help(help))
}

/// Reports whether the parser stopped at characters after a closing quote.
fn is_content_behind(broken: &Broken) -> bool {
    broken.stop.reason.contains("trailing content")
}

/// The offset in `line` of a quote that is not closed.
fn unclosed_quote(line: &str) -> Option<usize> {
    let mut open: Option<(usize, char)> = None;
    let mut chars = line.char_indices();
    while let Some((at, sign)) = chars.next() {
        match (open, sign) {
            (Some((_, '"')), '\\') => {
                chars.next();
            }
            (Some((_, quote)), _) if quote == sign => open = None,
            (None, '"' | '\'') if line[..at].ends_with([' ', '[', '{', ',']) => open = Some((at, sign)),
            _ => {}
        }
    }
    open.map(|(at, _)| at)
}

/// Reports a line such as `title: Notes: mine`, whose value needs quotes.
fn second_colon(text: &str, broken: &Broken, source: SourceId) -> Option<Diagnostic> {
    let line = line_at(text, broken.stop.at);
    let start = first_sign(text, line.start);
    let (key, value) = text[start..line.end].trim_end().split_once(": ")?;
    let is_key = is_word(key.trim_start_matches("- "), b"_-.");
    let is_plain = !value.starts_with(|c: char| c == '"' || c == '\'' || "[{|>&*!#%@`".contains(c))
        && !value.contains(" #");
    let is_cause = broken.stop.reason.contains("mapping values") && broken.stop.flow.is_none();
    if !is_cause || !is_key || !is_plain || !(value.contains(": ") || value.ends_with(':')) {
        return None;
    }
    let quoted = quoted(value);
    let title = format!("line {} has a second colon", number(text, start));
    let at = start + key.len() + ": ".len();
    let span = Span::new(source, at..at + value.len());
    let label = "a colon and a space end a key in YAML";
    Some(Diagnostic::new(Code::Syntax, title, span, label).help(format!("write `{key}: {quoted}`")))
}

/// Reports a line of words without a colon.
fn word(text: &str, broken: &Broken, source: SourceId) -> Option<Diagnostic> {
    let line = broken.lines.start..line_at(text, broken.lines.start).end;
    let written = text[line.clone()].trim_end();
    let is_word = |word: &str| !word.is_empty() && is_word(word, b"_-. ");
    if broken.stop.flow.is_some() || !is_word(written) || written.starts_with('-') {
        return None;
    }
    // The line may continue a list.
    let above = lines_above(text, line_at(text, line.start).start).next();
    let is_item = above.is_some_and(|above| {
        indent(text, above) == indent(text, line_at(text, line.start).start)
            && text[first_sign(text, above)..].starts_with("- ")
    });
    let shown: String = written.chars().take(MAX_SHOWN).collect();
    let (label, help) = match is_item {
        true => ("expected an item such as `- value`", format!("write `- {shown}`")),
        false => ("expected `key: value`", format!("write `{shown}: VALUE`, or remove the line")),
    };
    let title = format!("line {} has no colon", number(text, line.start));
    let title = if is_item { format!("line {} is not a list item", number(text, line.start)) } else { title };
    let span = Span::new(source, line.start..line.start + written.len());
    Some(Diagnostic::new(Code::Syntax, title, span, label).help(help))
}

/// The most characters of a line that a help repeats.
const MAX_SHOWN: usize = 40;

/// The number of the line that contains an offset.
fn number(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The line `item` with its missing space.
fn spaced(item: &str) -> Option<String> {
    if let Some(value) = item.strip_prefix('-') {
        return (!value.starts_with(['-', ' ']) && !value.is_empty()).then(|| format!("- {value}"));
    }
    let (key, value) = item.split_once(':')?;
    let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && is_word(key, b"_-.");
    (is_key && !value.is_empty() && !value.starts_with([' ', '/'])).then(|| format!("{key}: {value}"))
}

/// The first tab that indents a line of `text`.
fn indenting_tab(text: &str) -> Option<usize> {
    let mut start = 0;
    text.split_inclusive('\n').find_map(|line| {
        let at = start;
        start += line.len();
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        line[..indent].find('\t').map(|tab| at + tab)
    })
}

/// The range of a `${…}` in `line` that is inside brackets and outside quotes.
fn unquoted_reference(line: &str) -> Option<Range<usize>> {
    let (mut depth, mut quote) = (0usize, None);
    let mut chars = line.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        match (quote, c) {
            (Some(q), _) if q == c => quote = None,
            (Some('"'), '\\') => {
                chars.next();
            }
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '$') if depth > 0 && line[i + 1..].starts_with('{') => {
                let end = line[i..].find('}').map_or(line.len(), |n| i + n + 1);
                return Some(i..end);
            }
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, '#') if line[..i].ends_with(' ') => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{spaced, unclosed_quote};

    #[test]
    fn a_missing_space_after_a_colon_or_a_dash_is_inserted() {
        for (line, expected) in [
            ("LEVEL:debug", Some("LEVEL: debug")),
            ("restart:always", Some("restart: always")),
            ("-/srv/a:/a", Some("- /srv/a:/a")),
            ("- db:5432", None),
            ("--title=x", None),
            ("---", None),
            ("https://example.org", None),
            ("8080:80", None),
            ("image: a:1", None),
            ("image:", None),
        ] {
            assert_eq!(spaced(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn an_unclosed_quote_is_found() {
        for (line, at) in [
            ("image: \"a", Some(7)),
            ("image: \"a\"", None),
            ("text: it's", None),
            ("list: [\"a\", 'b]", Some(12)),
            ("text: \"a \\\" b", Some(6)),
        ] {
            assert_eq!(unclosed_quote(line), at, "{line}");
        }
    }
}
