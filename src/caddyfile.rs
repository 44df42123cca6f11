//! A checker for the block structure of Caddyfile lines.
//!
//! It follows `caddyconfig/caddyfile/lexer.go` and `parse.go` in caddyserver/caddy. homegen puts the user's lines into a
//! block of its own, so that an extra brace or an open quote would affect the sites that follow.

use std::borrow::Cow;
use std::iter::Peekable;
use std::ops::Range;
use std::str::Chars;

use crate::word::is_word;

/// The position of the lines in the Caddyfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaddyfilePosition {
    /// In a block: of a site, or of the global options.
    Block,
    /// Between the sites.
    TopLevel,
}

/// A reason for which lines would affect other parts of the Caddyfile. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A `{` that no `}` closes.
    Unclosed(usize),
    /// A `}` that closes no `{`.
    Unopened(usize),
    /// A `{` at the start of a line.
    OpensLine(usize),
    /// A `{` followed by words on its line.
    WordsAfterBrace(usize),
    /// A `}` preceded by words on its line.
    WordsBeforeBrace(usize),
    /// A quotation mark or backtick that is not closed.
    Quote(usize),
    /// A heredoc that is not closed, or with a marker that Caddy refuses.
    Heredoc(usize),
    /// A backslash that joins the next line of the Caddyfile, or that Caddy reads as an escape.
    Backslash(usize),
    /// A control character.
    Control(usize),
    /// A `{$NAME` without its `}`.
    Variable(usize),
    /// A line between the sites that opens no block.
    NoBlock(usize),
}

impl Fault {
    /// The title and the help of a diagnostic.
    pub fn describe(&self) -> (String, &'static str) {
        let close = "write one `}` on a line of its own for each `{`";
        match self {
            Fault::Unclosed(line) => (format!("the `{{` of line {line} is not closed"), close),
            Fault::Unopened(line) => (format!("the `}}` of line {line} has no matching `{{`"), close),
            Fault::OpensLine(line) => (
                format!("line {line} starts with `{{`"),
                "move the `{` to the end of the previous line, or move global options to `global`",
            ),
            Fault::WordsAfterBrace(line) => {
                (format!("line {line} has words after its `{{`"), "start a new line after the `{`")
            }
            Fault::WordsBeforeBrace(line) => {
                (format!("line {line} has words before its `}}`"), "write the `}` on a line of its own")
            }
            Fault::Quote(line) => {
                (format!("the quote of line {line} is not closed"), "add the closing quote")
            }
            Fault::Heredoc(line) => (
                format!("the heredoc of line {line} is not closed"),
                "repeat its marker on a line of its own",
            ),
            Fault::Backslash(line) => {
                (format!("line {line} has a backslash that Caddy reads as an escape"), "remove the backslash")
            }
            Fault::Control(line) => (format!("line {line} has a control character"), "remove the character"),
            Fault::Variable(line) => (
                format!("the `{{$` of line {line} is not closed"),
                "write `{$NAME}` or `{$NAME:default}` on one line",
            ),
            Fault::NoBlock(line) => (
                format!("line {line} is outside of a block"),
                "write a snippet, an `import`, or a site with a block `{ … }`",
            ),
        }
    }
}

/// Reports whether quotes cannot protect a word: Caddy reads a token that is a single brace as the start or end of a block,
/// even in quotes (caddyserver/caddy issue 7874).
pub fn is_brace(token: &str) -> bool {
    matches!(token, "{" | "}")
}

/// The first fault of `lines`.
pub fn fault(lines: &str, position: CaddyfilePosition) -> Option<Fault> {
    let line_of = |at: usize| lines[..at].matches('\n').count() + 1;
    if let Some(at) = lines.find(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Some(Fault::Control(line_of(at)));
    }
    let lines = match with_variables(lines) {
        Ok(lines) => lines,
        Err(at) => return Some(Fault::Variable(line_of(at))),
    };
    let tokens = match tokens(&lines) {
        Ok(tokens) => tokens,
        Err(fault) => return Some(fault),
    };
    let mut open = Vec::new();
    for row in tokens.chunk_by(|a, b| a.row == b.row) {
        let depth = open.len();
        // No directive consists of braces alone.
        let (first, last) = (&row[0], &row[row.len() - 1]);
        if first.text.len() > 1 && first.text.chars().all(|c| matches!(c, '{' | '}')) {
            return Some(Fault::Unopened(first.line));
        }
        for (i, token) in row.iter().enumerate() {
            match token.text.as_str() {
                "{" if i == 0 => return Some(Fault::OpensLine(token.line)),
                "{" if i + 1 < row.len() => return Some(Fault::WordsAfterBrace(token.line)),
                "{" => open.push(token.line),
                "}" if i > 0 => return Some(Fault::WordsBeforeBrace(token.line)),
                "}" if open.pop().is_none() => return Some(Fault::Unopened(token.line)),
                _ => {}
            }
        }
        // A comma continues a list of addresses on the next line.
        let goes_on = last.text.ends_with(',') || first.text == "import" || first.text == "}";
        if position == CaddyfilePosition::TopLevel && depth == 0 && open.is_empty() && !goes_on {
            return Some(Fault::NoBlock(first.line));
        }
    }
    open.pop().map(Fault::Unclosed)
}

/// The names of the snippets that lines between the sites define.
pub fn snippets(lines: &str) -> Vec<String> {
    let name = |word: &str| Some(word.strip_prefix('(')?.strip_suffix(')')?.to_owned());
    rows(lines).iter().filter_map(|row| name(row.first()?)).collect()
}

/// The names of the snippets that lines import. Placeholders, patterns and paths of files are not among them.
pub fn imports(lines: &str) -> Vec<String> {
    let rows = rows(lines);
    let names = rows.iter().filter(|row| row[0] == "import").filter_map(|row| row.get(1).cloned());
    names.filter(|name| is_word(name, b"_-")).collect()
}

/// The directives that configure a site instead of answering its requests. Caddy refuses them in a `handle` or `route`
/// (`parseSegmentAsConfig` and the functions of caddyconfig/httpcaddyfile/builtins.go that return no route).
const OF_SITE: &[&str] = &["bind", "handle_errors", "log", "tls"];

/// The lines of a site, counted from 0, with directives that configure the site or with the matchers that these may use, each
/// with its block. A matcher of the site exists in its blocks too.
pub fn of_site(lines: &str) -> Vec<Range<usize>> {
    let expanded = with_variables(lines).unwrap_or_default();
    let tokens = tokens(&expanded).unwrap_or_default();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut is_open = false;
    let mut depth = 0_usize;
    for row in tokens.chunk_by(|a, b| a.row == b.row) {
        if depth == 0 && row[0].text != "}" {
            let begin = row[0].line - 1;
            if let Some(last) = found.last_mut().filter(|_| is_open) {
                last.end = begin;
            }
            is_open = OF_SITE.contains(&row[0].text.as_str()) || row[0].text.starts_with('@');
            if is_open {
                found.push(begin..lines.split('\n').count());
            }
        }
        match row[row.len() - 1].text.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// Reports whether a quoted text or a heredoc continues on another line.
pub fn has_long_words(lines: &str) -> bool {
    words(lines).any(|word| word.contains('\n'))
}

/// The words of lines.
pub fn words(lines: &str) -> impl Iterator<Item = String> {
    rows(lines).into_iter().flatten()
}

/// The snippets that lines between the sites define, each with a directive in it that configures a site.
pub fn snippets_of_site(lines: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut snippet = None;
    let mut depth = 0_usize;
    for row in rows(lines) {
        match (depth, &snippet) {
            (0, _) => snippet = row[0].strip_prefix('(').and_then(|n| n.strip_suffix(')')).map(str::to_owned),
            (1, Some(name)) if OF_SITE.contains(&row[0].as_str()) => {
                found.push((name.clone(), row[0].clone()))
            }
            _ => {}
        }
        match row[row.len() - 1].as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// The words of lines, for each line.
fn rows(lines: &str) -> Vec<Vec<String>> {
    let lines = with_variables(lines).unwrap_or_default();
    let tokens = tokens(&lines).unwrap_or_default();
    let rows = tokens.chunk_by(|a, b| a.row == b.row);
    rows.map(|row| row.iter().map(|token| token.text.clone()).collect()).collect()
}

/// Expands `{$NAME:default}` as Caddy does, with the default as the value. Returns the offset of a `{$` that is not closed
/// as an error.
fn with_variables(lines: &str) -> Result<Cow<'_, str>, usize> {
    if !lines.contains("{$") {
        return Ok(lines.into());
    }
    let mut all = String::new();
    let mut rest = lines;
    while let Some((before, variable)) = rest.split_once("{$") {
        let at = lines.len() - variable.len();
        let (name, after) = variable.split_once('}').filter(|(name, _)| !name.contains('\n')).ok_or(at)?;
        all.push_str(before);
        all.push_str(name.split_once(':').map_or("x", |(_, default)| default));
        rest = after;
    }
    all.push_str(rest);
    Ok(all.into())
}

/// A word with its line and its row. An escaped or quoted line break does not end a row.
struct Token {
    text: String,
    line: usize,
    row: usize,
}

fn tokens(lines: &str) -> Result<Vec<Token>, Fault> {
    let mut all = Vec::new();
    let (mut line, mut row) = (1, 1);
    let mut rest = lines.chars().peekable();
    while let Some(&first) = rest.peek() {
        let begins = line;
        let text = match first {
            '\n' => {
                rest.next();
                (line, row) = (line + 1, row + 1);
                continue;
            }
            _ if first.is_whitespace() => {
                rest.next();
                continue;
            }
            '#' => {
                while rest.next_if(|c| *c != '\n').is_some() {}
                continue;
            }
            '"' | '`' => quoted(&mut rest).ok_or(Fault::Quote(begins))?,
            _ => word(&mut rest, begins)?,
        };
        match text {
            Word::Text(text, breaks) => {
                line += breaks;
                all.push(Token { text, line: begins, row });
            }
            Word::Nothing => line += 1,
        }
    }
    Ok(all)
}

/// A token and the number of line breaks in it, or an escaped line break.
enum Word {
    Text(String, usize),
    Nothing,
}

fn quoted(rest: &mut Peekable<Chars>) -> Option<Word> {
    let quote = rest.next()?;
    let (mut text, mut breaks) = (String::new(), 0);
    loop {
        let c = rest.next()?;
        match c {
            '\\' if quote == '"' => {
                let escaped = rest.next()?;
                breaks += usize::from(escaped == '\n');
                if escaped != '"' {
                    text.push('\\');
                }
                text.push(escaped);
            }
            _ if c == quote => return Some(Word::Text(text, breaks)),
            _ => {
                breaks += usize::from(c == '\n');
                text.push(c);
            }
        }
    }
}

/// A token without quotes, or a heredoc.
fn word(rest: &mut Peekable<Chars>, line: usize) -> Result<Word, Fault> {
    let mut text = String::new();
    let mut heredoc_escaped = false;
    while let Some(c) = rest.next_if(|c| !c.is_whitespace()) {
        if c == '\\' {
            match rest.peek() {
                Some('\n') => {
                    rest.next();
                    return Ok(if text.is_empty() { Word::Nothing } else { Word::Text(text, 1) });
                }
                Some('<') => heredoc_escaped = true,
                Some('"' | '`' | '#') if text.is_empty() => return Err(Fault::Backslash(line)),
                Some(next) if !next.is_whitespace() => text.push('\\'),
                _ => return Err(Fault::Backslash(line)),
            }
            text.extend(rest.next());
            continue;
        }
        text.push(c);
        if text == "<<" && !heredoc_escaped {
            return heredoc(rest, line);
        }
    }
    Ok(Word::Text(text, 0))
}

/// Reads the text after `<<`: a marker and the text up to the same marker, or only the rest of a word.
fn heredoc(rest: &mut Peekable<Chars>, line: usize) -> Result<Word, Fault> {
    let mut marker = String::new();
    while let Some(c) = rest.next_if(|c| !matches!(c, ' ' | '\n')) {
        marker.push(c);
    }
    if rest.next_if_eq(&'\n').is_none() {
        return Ok(Word::Text(format!("<<{marker}"), 0));
    }
    // The marker may have letters, digits, hyphens and underscores (`heredocMarkerRegexp` of the lexer).
    if marker.is_empty() || !marker.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return Err(Fault::Heredoc(line));
    }
    let mut text = String::new();
    while !text.ends_with(&marker) {
        text.push(rest.next().ok_or(Fault::Heredoc(line))?);
    }
    text.truncate(text.len() - marker.len());
    let indent = &text[text.rfind('\n').map_or(0, |at| at + 1)..];
    if !indent.chars().all(char::is_whitespace) {
        return Err(Fault::Heredoc(line));
    }
    let breaks = text.matches('\n').count() + 1;
    Ok(Word::Text(text, breaks))
}

#[cfg(test)]
mod tests {
    use super::{CaddyfilePosition, Fault, fault, imports, of_site, snippets, snippets_of_site};

    #[test]
    fn directives_that_configure_a_site_are_found_with_their_blocks() {
        let lines =
            "encode gzip\nlog {\n  output discard\n  tls x\n}\n# more\nrespond `a\ntls`\ntls internal\n";
        assert_eq!(of_site(lines), [1..6, 8..10]);
        assert_eq!(of_site("handle {\n  tls internal\n  @a path /a\n}"), []);
        assert_eq!(of_site("@a path /a\nrespond @a 404\n@b {\n  path /b\n}\nencode gzip"), [0..1, 2..5]);
        let lines =
            "(a) {\n  log {\n    tls x\n  }\n}\n(b) {\n  encode gzip\n}\nx.test {\n  tls internal\n}\n";
        assert_eq!(snippets_of_site(lines), [("a".to_owned(), "log".to_owned())]);
    }

    #[test]
    fn snippets_and_their_imports_are_found() {
        let lines = "(a-b) {\n  header X (y)\n}\nimport /etc/caddy/*\nimport common.caddy\n";
        assert_eq!(snippets(lines), ["a-b"]);
        assert_eq!(imports(lines), Vec::<String>::new());
        assert_eq!(
            imports("handle /x {\n  import a-b 1\n}\nrespond \"import c\"\nimport {args[0]}"),
            ["a-b"]
        );
    }

    #[test]
    fn lines_that_stay_in_their_block_are_accepted() {
        for lines in [
            "encode gzip",
            "handle /x {\n  respond \"{\\\"}\"\n}",
            "header X-A `a } b`",
            "# a comment with a }\nrespond a#{",
            "handle /x \\\n/y {\n}",
            "respond \"several\nlines\" 200",
            "respond <<END\n  }\n  END\nencode gzip",
            "respond \\<<END",
            "log {$LEVEL:INFO}",
            "path_regexp \\.(jpg|png)$",
        ] {
            assert_eq!(fault(lines, CaddyfilePosition::Block), None, "{lines}");
        }
    }

    #[test]
    fn lines_that_leave_their_block_are_reported() {
        for (lines, found) in [
            ("encode gzip\n}}", Fault::Unopened(2)),
            ("encode gzip\n}", Fault::Unopened(2)),
            ("a {\nb {\n}", Fault::Unclosed(1)),
            ("header X `{`", Fault::Unclosed(1)),
            ("handle\n{\n}", Fault::OpensLine(2)),
            ("handle { respond }", Fault::WordsAfterBrace(1)),
            ("handle {\nrespond }", Fault::WordsBeforeBrace(2)),
            ("respond \"a", Fault::Quote(1)),
            ("a\nrespond `a", Fault::Quote(2)),
            ("respond <<END\nx", Fault::Heredoc(1)),
            ("respond <<\nx", Fault::Heredoc(1)),
            ("encode gzip \\", Fault::Backslash(1)),
            ("encode \\\"gzip", Fault::Backslash(1)),
            ("respond \\# {", Fault::Backslash(1)),
            ("a {$X", Fault::Variable(1)),
            ("a {$X:\"}", Fault::Quote(1)),
            ("a\u{0}", Fault::Control(1)),
        ] {
            assert_eq!(fault(lines, CaddyfilePosition::Block), Some(found), "{lines}");
        }
    }

    #[test]
    fn lines_between_sites_have_to_be_complete_blocks() {
        for (lines, found) in [
            ("(snippet) {\n}\nimport /etc/x\na.test,\nb.test {\n}", None),
            ("a.test\nrespond hi", Some(Fault::NoBlock(1))),
            ("{\ndebug\n}", Some(Fault::OpensLine(1))),
        ] {
            assert_eq!(fault(lines, CaddyfilePosition::TopLevel), found, "{lines}");
        }
    }
}
