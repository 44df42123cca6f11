//! Escapes text from files, file names and arguments for printing.
//!
//! A control character can move the cursor, hide earlier output, or start a line. A bidirectional one shows
//! text in another order than programs read it (<https://trojansource.codes>). An invisible one, which comes with text
//! copied from a web page, makes two different words look the same. GitHub Actions takes a line that begins
//! with `::error::`, after white space, for a command, and `##[error]` anywhere in a line (`TryParseV2` and `TryParse`
//! in actions/runner, src/Runner.Common/ActionCommand.cs). All of these are printed as escapes, such as `\u{1b}`. Other
//! letters, of any script, are printed as they are.

use std::borrow::Cow;

/// `text` on one line, with escapes for characters that a terminal or a build log would interpret.
pub fn printable(text: &str) -> Cow<'_, str> {
    if escapes(text).next().is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut copied = 0;
    for (at, c) in escapes(text) {
        out.push_str(&text[copied..at]);
        out.extend(escape(c));
        copied = at + c.len_utf8();
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Escapes a text of several lines. Tabs and line breaks stay, and no line starts with `::`.
pub fn printable_lines(text: &str) -> String {
    text.split_inclusive('\n')
        .flat_map(|line| {
            let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
            let cells: Vec<Cow<str>> = line.split('\t').map(printable).collect();
            [without_command(&cells.join("\t")).into_owned(), end.to_owned()]
        })
        .collect()
}

/// Escapes `::` at the start of a line, even after white space.
pub fn without_command(line: &str) -> Cow<'_, str> {
    let rest = line.trim_start();
    match rest.strip_prefix("::") {
        Some(behind) => {
            let indent = &line[..line.len() - rest.len()];
            Cow::Owned(format!("{indent}{}:{behind}", escape(':').collect::<String>()))
        }
        None => Cow::Borrowed(line),
    }
}

/// Escapes the same characters with JSON's own escapes, so that parsers get the original text. Outside strings, JSON
/// contains none of them except line breaks.
pub fn printable_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut copied = 0;
    for (at, c) in escapes(json).filter(|(_, c)| *c != '\n') {
        out.push_str(&json[copied..at]);
        out.push_str(&format!("\\u{:04x}", u32::from(c)));
        copied = at + c.len_utf8();
    }
    out.push_str(&json[copied..]);
    out
}

/// The escape of `c`.
pub fn escape(c: char) -> impl Iterator<Item = char> {
    let short = matches!(c, '\t' | '\n' | '\r');
    let default = short.then(|| c.escape_default());
    let unicode = (!short).then(|| c.escape_unicode());
    default.into_iter().flatten().chain(unicode.into_iter().flatten())
}

/// The offsets of the characters that need an escape.
pub fn escapes(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    text.char_indices().filter(move |&(at, c)| match c {
        // In `##[`, one character is enough.
        '#' => text[..at].ends_with('#') && text[at + 1..].starts_with('['),
        c => c.is_control() || is_line_break(c) || is_bidirectional(c) || is_invisible(c),
    })
}

/// Unicode's line and paragraph separators.
fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// The characters with the property Bidi_Control (<https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt>).
fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Zero-width characters that no script needs: the soft hyphen, the zero-width space, the word joiner and similar ones
/// (General_Category=Cf in
/// <https://www.unicode.org/Public/UCD/latest/ucd/extracted/DerivedGeneralCategory.txt>). The joiners U+200C and U+200D are
/// a part of Persian words and of emoji.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// The label for a text with an invisible character, or with a space that is not ASCII.
pub fn hidden(text: &str) -> Option<String> {
    let c = text.chars().find(|c| is_hidden(*c))?;
    let kind = if is_invisible(c) { "the invisible character" } else { "the non-ASCII space" };
    Some(format!("contains {kind} U+{:04X}", u32::from(c)))
}

/// `text` without invisible characters, and with an ASCII space for each other space inside.
pub fn without_hidden(text: &str) -> String {
    let seen: String =
        text.chars().filter(|c| !is_invisible(*c)).map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    if hidden(text).is_some() { seen.trim().to_owned() } else { seen }
}

fn is_hidden(c: char) -> bool {
    is_invisible(c) || (c.is_whitespace() && !c.is_ascii() && !is_line_break(c) && !c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidirectional_characters_are_escaped() {
        for (text, shown) in [
            ("fine", "fine"),
            ("Fotoübersicht 사진 🏠 👩‍💻 سلام", "Fotoübersicht 사진 🏠 👩‍💻 سلام"),
            ("\u{1b}[2J\u{7}", r"\u{1b}[2J\u{7}"),
            ("a\tb\r\nc", r"a\tb\r\nc"),
            ("\u{9b}31m \u{202e}x\u{2066}", r"\u{9b}31m \u{202e}x\u{2066}"),
            ("a\u{2028}b", r"a\u{2028}b"),
            ("im\u{200b}age\u{feff}", r"im\u{200b}age\u{feff}"),
            ("### ##[error]x", r"### #\u{23}[error]x"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn line_breaks_are_kept_and_workflow_commands_are_escaped() {
        assert_eq!(printable_lines("a\n\tb\u{7}\n"), "a\n\tb\\u{7}\n");
        assert_eq!(printable_lines("::error::x\n \t::x\na ::b"), "\\u{3a}:error::x\n \t\\u{3a}:x\na ::b");
    }

    #[test]
    fn escaped_json_parses_to_the_same_value() {
        let value = serde_json::json!({ "a": "\u{202e}\u{9b}\n##[error]x", "b": 1 });
        let json = printable_json(&serde_json::to_string_pretty(&value).expect("JSON"));
        assert_eq!(printable_lines(&json), json);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).expect("JSON"), value);
    }
}
