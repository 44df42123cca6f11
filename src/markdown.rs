//! Markdown in which no text of the user is markup: CommonMark with the tables of GitHub.

use std::fmt::Write;

use crate::printable::printable;

/// A text as code: with more backticks around it than it has in a row (CommonMark 6.1).
pub(crate) fn code(text: &str) -> String {
    let text = printable(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let ticks = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{space}{text}{space}{ticks}")
}

/// A text as words on one line. A pipe becomes an entity, because it ends a cell of a table even after a backslash that
/// belongs to the text.
pub(crate) fn words(text: &str) -> String {
    let mut out = String::new();
    for c in printable(text).chars() {
        match c {
            '|' => out.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '~' | '&' | '@' | '$' => {
                out.push('\\');
                out.push(c);
            }
            // GitHub makes links of addresses.
            '/' if out.ends_with(':') => {
                out.pop();
                out.push_str("\\:/");
            }
            '.' if out.to_ascii_lowercase().ends_with("www") => out.push_str("\\."),
            _ => out.push(c),
        }
    }
    out
}

/// A name, a path or a command in a cell of a table: as code, unless it has a pipe, which would end the cell.
pub(crate) fn name(text: &str) -> String {
    if text.contains('|') { words(text) } else { code(text) }
}

/// A table. Its cells are Markdown. Without rows it is empty.
pub(crate) fn table(titles: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    if rows.is_empty() {
        return text;
    }
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    text.push_str(&line(&titles.iter().map(|title| (*title).to_owned()).collect::<Vec<_>>()));
    let _ = writeln!(text, "|{}", "---|".repeat(titles.len()));
    rows.iter().for_each(|row| text.push_str(&line(row)));
    text.push('\n');
    text
}

/// A block of lines, with more backticks around it than a line has at its start.
pub(crate) fn block(language: &str, lines: &[String]) -> String {
    let lines: Vec<String> =
        lines.iter().flat_map(|line| line.lines()).map(|line| printable(line).into_owned()).collect();
    let ticks = |line: &String| line.trim_start().chars().take_while(|c| *c == '`').count();
    let fence = "`".repeat(lines.iter().map(ticks).max().unwrap_or_default().max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_not_markup() {
        for (text, shown) in [
            ("Photos: of 2024 (all)", "Photos: of 2024 (all)"),
            ("a|b", "a&#124;b"),
            (r"a\|b", r"a\\&#124;b"),
            ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
            ("[x](http://e.com) ![y](z)", r"\[x\](http\://e.com) !\[y\](z)"),
            ("www.e.com and WWW.e.com", r"www\.e.com and WWW\.e.com"),
            ("`a` **b** _c_ ~~d~~ &amp; @me $x$", r"\`a\` \*\*b\*\* \_c\_ \~\~d\~\~ \&amp; \@me \$x\$"),
            ("a\nb\r\u{1b}[0m", r"a\\nb\\r\\u{1b}\[0m"),
        ] {
            assert_eq!(words(text), shown);
        }
    }

    #[test]
    fn code_ends_where_the_text_ends() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a`"), "`` `a` ``");
        assert_eq!(code("a\n| b"), r"`a\n| b`");
        assert_eq!(name("a | `b`"), r"a &#124; \`b\`");
        assert_eq!(block("sh", &["```".to_owned(), "a".to_owned()]), "````sh\n```\na\n````\n\n");
    }
}
