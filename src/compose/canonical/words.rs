//! Commands as lists of words.
//!
//! ```yaml
//! command: sh -c "a b"        # [sh, -c, a b]
//! healthcheck: { test: a b }  # [CMD-SHELL, a b]
//! ```
//!
//! The words are those of go-shellwords 1.0.12, which compose-go uses. They differ from a shell's: an unquoted `;`, `&`, `|`,
//! `<` or `>` ends the command, `$(…)` and backticks keep their text, and `\` before any character removes its meaning
//! outside of single quotes.

use std::ops::Range;

use crate::project::{Kind, Node, Scalar};

use super::{Canon, scalar, shown, text};

/// A string → a list of words.
pub(in crate::compose) fn command(node: &mut Node, canon: &mut Canon) {
    let Kind::Scalar(written) = &node.kind else { return };
    let value = written.value();
    let Some(words) = split(&value) else {
        canon.invalid(
            node.origin,
            "the command has an open quote or parenthesis",
            "expected a closing quote or parenthesis",
            "close it, or write the command as a list of words",
        );
        return;
    };
    let word = |runs: Vec<Range<usize>>| {
        let word = scalar::join(runs.into_iter().map(|run| scalar::slice(written, run)));
        Node { origin: node.origin, kind: Kind::Scalar(word) }
    };
    node.kind = Kind::List(words.into_iter().map(word).collect());
}

/// A string → a list with CMD-SHELL and the string. A list has to begin with one of three words.
pub(in crate::compose) fn health_test(node: &mut Node, canon: &mut Canon) {
    let origin = node.origin;
    match &node.kind {
        Kind::Scalar(written) => {
            let test = Scalar { is_plain: false, ..written.clone() };
            let test = Node { origin, kind: Kind::Scalar(test) };
            node.kind = Kind::List(vec![text(origin, "CMD-SHELL"), test]);
        }
        Kind::List(items) => {
            let Some(first) = items.first() else { return };
            let word = first.text().unwrap_or_default();
            if !matches!(&*word, "CMD" | "CMD-SHELL" | "NONE") {
                let title = format!("a health check begins with {}", shown(&word));
                let label = "expected CMD, CMD-SHELL or NONE";
                canon.invalid(first.origin, title, label, "put `CMD` before the program");
            }
        }
        _ => {}
    }
}

/// The words of a command, each as the ranges of its text. `None` if a quote or parenthesis is open.
fn split(line: &str) -> Option<Vec<Vec<Range<usize>>>> {
    let mut words = Vec::new();
    let mut word: Vec<Range<usize>> = Vec::new();
    let mut is_word = false;
    let (mut is_escaped, mut double, mut single, mut back, mut dollar) = (false, false, false, false, false);
    let mut last = None;
    for (at, c) in line.char_indices() {
        let range = at..at + c.len_utf8();
        let before = last.replace(c);
        let is_quoted = single || double || back || dollar;
        if is_escaped {
            is_escaped = false;
            is_word = true;
            push(&mut word, range);
            continue;
        }
        match c {
            '\\' if !single => {
                is_escaped = true;
                continue;
            }
            ' ' | '\t' | '\r' | '\n' => {
                if is_quoted {
                    push(&mut word, range);
                } else if is_word {
                    words.push(std::mem::take(&mut word));
                    is_word = false;
                } else {
                    word.clear();
                }
                continue;
            }
            '`' if !single && !double && !dollar => back = !back,
            ')' if !single && !double && !back => dollar = !dollar,
            '(' if !single && !double && !back => {
                if dollar || before != Some('$') {
                    return None;
                }
                dollar = true;
                push(&mut word, range);
                continue;
            }
            '"' if !single && !dollar => {
                is_word |= double;
                double = !double;
                push(&mut word, range.end..range.end);
                last = before;
                continue;
            }
            '\'' if !double && !dollar => {
                is_word |= single;
                single = !single;
                push(&mut word, range.end..range.end);
                last = before;
                continue;
            }
            ';' | '&' | '|' | '<' | '>' if !is_quoted => {
                // `2>` redirects, and is no word.
                let begins_with_digit = || {
                    let first = word.iter().find(|run| !run.is_empty());
                    first.is_some_and(|run| line.as_bytes()[run.start].is_ascii_digit())
                };
                is_word &= !(c == '>' && begins_with_digit());
                break;
            }
            _ => {}
        }
        is_word = true;
        push(&mut word, range);
    }
    if is_escaped || single || double || back || dollar {
        return None;
    }
    if is_word {
        words.push(word);
    }
    Some(words)
}

/// Adds a range to a word. Ranges that touch become one.
fn push(word: &mut Vec<Range<usize>>, range: Range<usize>) {
    match word.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => word.push(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Option<Vec<String>> {
        let text = |runs: Vec<Range<usize>>| runs.into_iter().map(|run| &line[run]).collect();
        Some(split(line)?.into_iter().map(text).collect())
    }

    /// The words are those of go-shellwords.
    #[test]
    fn commands_are_split_as_compose_does() {
        for (line, expected) in [
            ("", Some(&[][..])),
            ("  a  b\tc\nd ", Some(&["a", "b", "c", "d"])),
            ("sh -c \"a b\"", Some(&["sh", "-c", "a b"])),
            ("a '' \"\"", Some(&["a", "", ""])),
            ("a'b'\"c\"d", Some(&["abcd"])),
            (r#"a\ b \"c \n"#, Some(&["a b", "\"c", "n"])),
            (r"'a\b'", Some(&[r"a\b"])),
            (r#""a\b""#, Some(&["ab"])),
            ("a && b", Some(&["a"])),
            ("a;b", Some(&["a"])),
            ("a 2> f", Some(&["a"])),
            ("a x2> f", Some(&["a", "x2"])),
            ("a '&&' \"|\"", Some(&["a", "&&", "|"])),
            ("a $(b c) d", Some(&["a", "$(b c)", "d"])),
            (r"a \$(b c)", Some(&["a", "$(b c)"])),
            ("a `b c` d", Some(&["a", "`b c`", "d"])),
            ("$A ${B}", Some(&["$A", "${B}"])),
            ("a (b)", None),
            ("a \"b", None),
            ("a 'b", None),
            ("a\\", None),
            ("a)", None),
        ] {
            let expected = expected.map(|words| words.iter().map(|word| (*word).to_owned()).collect());
            assert_eq!(words(line), expected, "{line}");
        }
    }
}
