//! Reports of what YAML cannot take, in the words of somebody who looks at the line and not of the reader.

use std::ops::Range;

use super::recover::{Broken, first_sign, indent, is_about_quotes, line_at, lines_above};
use crate::diag::{Code, Diagnostic, Diagnostics, Fix};
use crate::source::{SourceId, Span};
use crate::word::is_word;

/// Reports one part of `text` that cannot be read.
pub(super) fn report(text: &str, broken: &Broken, source: SourceId, diagnostics: &mut Diagnostics) {
    let known = unquoted_line(text, broken, source)
        .or_else(|| tab(text, broken, source))
        .or_else(|| misplaced_line(text, broken, source))
        .or_else(|| unclosed(text, broken, source))
        .or_else(|| second_colon(text, broken, source))
        .or_else(|| word(text, broken, source));
    diagnostics.push(known.unwrap_or_else(|| {
        let at = broken.stop.at;
        Diagnostic::new(
            Code::Syntax,
            format!("this is not YAML: {}", broken.stop.said),
            Span::new(source, at..at),
            "the reader stopped here",
        )
        .help("look at the indentation, the quotes and the brackets around this place")
    }));
}

/// `[${a}/b]` breaks off at the brace: YAML takes `{` for the start of a mapping there.
fn unquoted_line(text: &str, broken: &Broken, source: SourceId) -> Option<Diagnostic> {
    let line = line_at(text, broken.stop.at);
    let found = unquoted_reference(&text[line.clone()])?;
    Some(unquoted(Span::new(source, line.start + found.start..line.start + found.end)))
}

/// A reference that wants quotes.
pub(super) fn unquoted(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::UnquotedReference,
        "a reference inside `{ }` or `[ ]` needs quotes",
        span,
        "YAML takes this brace for a mapping",
    )
    .help("put the whole value in double quotes: \"${…}\"")
}

fn tab(text: &str, broken: &Broken, source: SourceId) -> Option<Diagnostic> {
    let start = line_at(text, broken.stop.at).start;
    let at = start + indenting_tab(&text[start..]).filter(|_| broken.stop.said.contains("tab"))?;
    let tab = Span::new(source, at..at + 1);
    let label = "YAML indents with spaces alone";
    Some(Diagnostic::new(Code::Syntax, "a tab indents a line", tab, label).help("use spaces").once())
}

/// The line where the reader stopped, or the line above it, that lacks the space after a hyphen or a colon, or is an item
/// of a list that is indented too far.
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

/// An item of a list that YAML takes for a part of the item above.
pub(super) fn too_deep_item(item: Span, code: Code) -> Diagnostic {
    Diagnostic::new(
        code,
        "an item of a list is indented too far",
        item,
        "YAML reads this line as a part of the item above",
    )
    .help("indent it as the item above")
}

/// A `line` such as `A:1` and `-a`.
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

/// A bracket or a quote that is not closed in its own block.
fn unclosed(text: &str, broken: &Broken, source: SourceId) -> Option<Diagnostic> {
    let first = line_at(text, broken.lines.start);
    let (at, what, label, help) = match broken.stop.flow {
        Some(flow) if first.contains(&flow) => {
            let (open, close) = if text[flow..].starts_with('[') { ('[', ']') } else { ('{', '}') };
            (flow, "bracket", format!("this `{open}` is not closed"), format!("close it with `{close}`"))
        }
        None if is_about_quotes(&broken.stop.said) && !is_content_behind(broken) => {
            let at = first.start + unclosed_quote(&text[first])?;
            let quote = &text[at..at + 1];
            (at, "quote", format!("this `{quote}` is not closed"), format!("close it with `{quote}`"))
        }
        _ => return None,
    };
    let title = format!("line {} has a {what} that is not closed", number(text, at));
    Some(Diagnostic::new(Code::Syntax, title, Span::new(source, at..at + 1), label).help(help))
}

/// Whether the reader stopped at signs behind a second quote.
fn is_content_behind(broken: &Broken) -> bool {
    broken.stop.said.contains("trailing content")
}

/// Where the quote stands in `line` that has no second one.
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

/// A line such as `title: Notes: mine`, whose value needs quotes.
fn second_colon(text: &str, broken: &Broken, source: SourceId) -> Option<Diagnostic> {
    let line = line_at(text, broken.stop.at);
    let start = first_sign(text, line.start);
    let (key, value) = text[start..line.end].trim_end().split_once(": ")?;
    let is_key = is_word(key.trim_start_matches("- "), b"_-.");
    let is_plain = !value.starts_with(|c: char| c == '"' || c == '\'' || "[{|>&*!#%@`".contains(c))
        && !value.contains(" #");
    let is_meant = broken.stop.said.contains("mapping values") && broken.stop.flow.is_none();
    if !is_meant || !is_key || !is_plain || !(value.contains(": ") || value.ends_with(':')) {
        return None;
    }
    let quoted = match value.contains(['"', '\\']) {
        true => format!("'{}'", value.replace('\'', "''")),
        false => format!("\"{value}\""),
    };
    let title = format!("line {} has a second colon", number(text, start));
    let at = start + key.len() + ": ".len();
    let span = Span::new(source, at..at + value.len());
    let label = "YAML reads a colon and a space as the end of another key";
    Some(Diagnostic::new(Code::Syntax, title, span, label).help(format!("write `{key}: {quoted}`")))
}

/// A line that is one word, or several.
fn word(text: &str, broken: &Broken, source: SourceId) -> Option<Diagnostic> {
    let line = broken.lines.start..line_at(text, broken.lines.start).end;
    let written = text[line.clone()].trim_end();
    let is_word = |word: &str| !word.is_empty() && is_word(word, b"_-. ");
    if broken.stop.flow.is_some() || !is_word(written) || written.starts_with('-') {
        return None;
    }
    // Deeper lines would be the value of a list's item as well.
    let above = lines_above(text, line_at(text, line.start).start).next();
    let is_item = above.is_some_and(|above| {
        indent(text, above) == indent(text, line_at(text, line.start).start)
            && text[first_sign(text, above)..].starts_with("- ")
    });
    let shown: String = written.chars().take(MAX_SHOWN).collect();
    let (label, help) = match is_item {
        true => ("expected an item such as `- value`", format!("write `- {shown}`")),
        false => (
            "expected `key: value`",
            format!("write a value behind a colon, `{shown}: …`, or remove the line"),
        ),
    };
    let title = format!("line {} has no colon", number(text, line.start));
    let title =
        if is_item { format!("line {} is not an item of the list", number(text, line.start)) } else { title };
    let span = Span::new(source, line.start..line.start + written.len());
    Some(Diagnostic::new(Code::Syntax, title, span, label).help(help))
}

/// How many signs of a line a help repeats.
const MAX_SHOWN: usize = 40;

/// The number of the line that a place is in.
fn number(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The line `item` with the space that it lacks.
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

/// Where `line` has a `${…}` outside of quotes and inside of brackets.
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
    fn a_line_without_its_space() {
        for (line, meant) in [
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
            assert_eq!(spaced(line).as_deref(), meant, "{line}");
        }
    }

    #[test]
    fn a_quote_without_a_second_one() {
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
