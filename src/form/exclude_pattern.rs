//! Patterns of files that a backup leaves out.

use super::advice::contains;
use super::{Advice, Form};
use crate::path::MAX_PATH;
use crate::printable::is_invisible;

/// A pattern of rsync (rsync(1), PATTERN MATCHING RULES), relative to the copied folder. A leading `./` is rsync's `/`: the
/// name is directly in the folder. A pattern that begins with `/` would mean something else to rsync and to the reader, so
/// a rule reports it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ExcludePattern {
    text: String,
    /// The steps, without a leading `./` or `/` and a trailing slash.
    tokens: Vec<Token>,
}

/// A step of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Token {
    /// One byte.
    Byte(u8),
    /// `?`: a byte other than a slash.
    Any,
    /// `[a-c]`: one of the ranges of bytes, or none of them.
    Class(Vec<(u8, u8)>, bool),
    /// `*`: any number of bytes other than a slash.
    Name,
    /// `**`: any number of bytes.
    Path,
}

impl Form for ExcludePattern {
    const NOUN: &'static str = "a pattern of files";
    const LOOKS: &'static str = " such as cache/ or *.tmp";
    const EXPECTED: &'static str = "a name in the folder, which may have `*`, `?`, `[…]` and `**`";
    const EXAMPLE: &'static str = "*.tmp";
    const PATTERN: &'static str = r"^[^!]";

    fn parse(text: &str) -> Option<ExcludePattern> {
        let steps = text.strip_prefix("./").or_else(|| text.strip_prefix('/')).unwrap_or(text);
        let steps = steps.strip_suffix('/').unwrap_or(steps);
        let is_step = |step: &str| {
            !step.is_empty() && step != "." && step != ".." && (step == "**" || !step.contains("**"))
        };
        let is_readable = !text.contains(|c: char| c.is_control() || is_invisible(c));
        let is_valid = text.len() <= MAX_PATH && is_readable && !text.starts_with('!') && text == text.trim();
        let tokens = tokens(steps).filter(|_| is_valid && steps.split('/').all(is_step))?;
        Some(ExcludePattern { text: text.to_owned(), tokens })
    }

    /// `!keep.txt`, `../other`, `dir/***`, `a//b`, and `[a`.
    fn advice(text: &str) -> Option<Advice> {
        if let Some(letter) = text.chars().find(|c| c.is_control() || is_invisible(*c)) {
            return Advice::new(contains(letter), "remove the character, or write `?` in its place");
        }
        if text.starts_with('!') {
            return Advice::new(
                "there are no exceptions to a pattern",
                "write patterns of only the files to leave out",
            );
        }
        if text.split('/').any(|step| step == "..") {
            return Advice::new("`..` leads out of the folder", "write a name in the folder");
        }
        if let Some(folder) = text.strip_suffix("/***") {
            let folder = format!("{folder}/");
            return ExcludePattern::parse(&folder)
                .and_then(|_| Advice::rewrite("a folder is left out with its content", folder));
        }
        if text.split('/').any(|step| step != "**" && step.contains("**")) {
            return Advice::new(
                "`**` has to stand alone between two slashes",
                "write `*`, or `**/` before a name",
            );
        }
        let is_anchored = text.starts_with("./");
        let steps = text.split('/').filter(|step| !step.is_empty() && *step != ".").collect::<Vec<_>>();
        let written = format!(
            "{}{}{}",
            if is_anchored { "./" } else { "" },
            steps.join("/"),
            if text.ends_with('/') { "/" } else { "" }
        );
        if !text.starts_with('/') && written != text && ExcludePattern::parse(&written).is_some() {
            return Advice::write("contains `.` or an empty part", written);
        }
        if text.contains('\\') {
            return Advice::new(
                "a backslash stands only before `*`, `?` or `[`",
                "write `?` for a backslash in a name",
            );
        }
        if text.contains('[') {
            return Advice::new(
                "`[` has no `]`, or nothing in between",
                "write `\\[` for a bracket in a name",
            );
        }
        None
    }
}

/// The tokens of a pattern. `None` if it has a class or a backslash without a meaning.
fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = pattern.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        tokens.push(match first {
            b'*' => match rest {
                [b'*', after @ ..] => {
                    rest = after;
                    Token::Path
                }
                _ => Token::Name,
            },
            b'?' => Token::Any,
            b'[' => {
                let length = rest.iter().position(|b| *b == b']')?;
                let (class, after) = rest.split_at(length);
                rest = &after[1..];
                self::class(class)?
            }
            // Without a special character, rsync would take a backslash literally.
            b'\\' => {
                let [escaped @ (b'*' | b'?' | b'['), after @ ..] = rest else { return None };
                rest = after;
                Token::Byte(*escaped)
            }
            byte => Token::Byte(*byte),
        });
    }
    Some(tokens)
}

/// The token of the text between brackets.
fn class(text: &[u8]) -> Option<Token> {
    let (mut rest, is_negated) = match text {
        [b'!' | b'^', rest @ ..] => (rest, true),
        _ => (text, false),
    };
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'\\' | b'[');
    if rest.is_empty() || !rest.iter().all(is_plain) {
        return None;
    }
    let mut ranges = Vec::new();
    while let [first, after @ ..] = rest {
        rest = after;
        let mut last = first;
        if let [b'-', to, after @ ..] = rest {
            last = to;
            rest = after;
        }
        ranges.push((*first, *last));
    }
    Some(Token::Class(ranges, is_negated))
}

/// Reports whether a token for one byte matches this byte.
fn is_one(token: &Token, byte: u8) -> bool {
    match token {
        Token::Byte(expected) => byte == *expected,
        Token::Any => byte != b'/',
        Token::Class(ranges, is_negated) => {
            byte != b'/' && ranges.iter().any(|(from, to)| (*from..=*to).contains(&byte)) != *is_negated
        }
        Token::Name | Token::Path => false,
    }
}

/// The maximum number of patterns of restic for one pattern.
const MAX_FOR_RESTIC: usize = 8;

/// Names with little in common, to find a pattern that matches every name.
const NAMES: [&str; 3] = ["a", ".Z", "0 long-name.txt"];

impl ExcludePattern {
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// True if the pattern begins with `/`.
    pub(crate) fn is_absolute(&self) -> bool {
        self.text.starts_with('/')
    }

    /// True if the pattern matches all files and folders.
    pub(crate) fn is_for_all(&self) -> bool {
        NAMES.iter().all(|name| self.excludes(name, false) && self.excludes(name, true))
    }

    /// True if the file or folder at a path, relative to the copied folder, is left out itself or with a folder above it, by
    /// the rules of `rule_matches` in rsync's exclude.c. Takes time in proportion to the product of both lengths.
    pub(crate) fn excludes(&self, path: &str, is_folder: bool) -> bool {
        let is_anchored = self.text.starts_with("./");
        let is_only_folders = self.text.ends_with('/');
        // `reached[i]`: the first `i` tokens match a part of the path that ends here.
        let mut reached = vec![false; self.tokens.len() + 1];
        self.enter(0, &mut reached);
        // rsync compares a pattern with `**` at its beginning with `/PATH` too.
        let before = if !is_anchored && self.tokens.first() == Some(&Token::Path) { "/" } else { "" };
        for (at, byte) in before.bytes().chain(path.bytes()).enumerate() {
            // A folder above the path ends before a slash.
            if byte == b'/' && at >= before.len() && reached[self.tokens.len()] {
                return true;
            }
            let mut next = vec![false; reached.len()];
            for (i, token) in self.tokens.iter().enumerate().filter(|(i, _)| reached[*i]) {
                match token {
                    Token::Path => self.enter(i, &mut next),
                    Token::Name if byte != b'/' => self.enter(i, &mut next),
                    Token::Name => {}
                    token if is_one(token, byte) => self.enter(i + 1, &mut next),
                    _ => {}
                }
            }
            // Without `./`, the pattern is for a name at any depth.
            if byte == b'/' && !is_anchored {
                self.enter(0, &mut next);
            }
            reached = next;
        }
        reached[self.tokens.len()] && (is_folder || !is_only_folders)
    }

    /// Adds a number of matched tokens, and the tokens behind them that match no byte.
    fn enter(&self, mut matched: usize, reached: &mut [bool]) {
        while !std::mem::replace(&mut reached[matched], true) {
            match self.tokens.get(matched) {
                Some(Token::Name | Token::Path) => matched += 1,
                _ => break,
            }
        }
    }

    /// The patterns of restic that leave the same files out, relative to the saved folder and with a leading slash
    /// (filter.go and Go's filepath.Match). `None` if there are none: restic's `?` and `[!a]` match a character, and those
    /// of rsync a byte.
    ///
    /// restic has no patterns for folders alone: of `cache/`, it leaves out all that is in such a folder, which stays
    /// empty. Its `**` matches any number of folders, also none; but a pattern with several of them is not compared with
    /// a path that is too short for one folder for each. So there is a pattern with and without each of them.
    pub(crate) fn for_restic(&self) -> Option<Vec<String>> {
        let (pattern, is_only_folders) = match self.text.strip_suffix('/') {
            Some(pattern) => (pattern, true),
            None => (self.text.as_str(), false),
        };
        let anchored = pattern.strip_prefix("./");
        let steps: Vec<&str> = anchored.unwrap_or(pattern).split('/').collect();
        let mut written = vec![String::new()];
        let mut add = |ends: &[&str]| {
            written =
                written.iter().flat_map(|path| ends.iter().map(move |end| format!("{path}{end}"))).collect();
            written.len() <= MAX_FOR_RESTIC
        };
        let any_folders = &["", "/**"];
        if anchored.is_none() && steps.first() != Some(&"**") {
            add(any_folders);
        }
        for (i, step) in steps.iter().enumerate() {
            let is_last = i + 1 == steps.len();
            let is_short = match *step {
                "**" if is_last => add(&["/*"]),
                "**" if i == 0 && anchored.is_none() => add(any_folders),
                "**" => add(&["/*", "/*/**"]),
                _ => add(&[&format!("/{}", step_for_restic(step)?)]),
            };
            if !is_short {
                return None;
            }
        }
        if is_only_folders {
            add(&["/*"]);
        }
        Some(written)
    }
}

/// A step of a pattern, in the syntax of Go's filepath.Match.
fn step_for_restic(step: &str) -> Option<String> {
    let mut written = Vec::new();
    for token in tokens(step)? {
        match token {
            Token::Byte(byte) if b"*?[\\".contains(&byte) => written.extend([b'\\', byte]),
            Token::Byte(byte) => written.push(byte),
            Token::Name => written.push(b'*'),
            Token::Class(ranges, false) => {
                written.push(b'[');
                for (from, to) in ranges {
                    written.extend([b'\\', from, b'-', b'\\', to]);
                }
                written.push(b']');
            }
            Token::Any | Token::Class(_, true) | Token::Path => return None,
        }
    }
    String::from_utf8(written).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, explains, parses};
    use super::*;

    #[test]
    fn a_pattern_is_a_name_in_the_folder() {
        parses::<ExcludePattern>(
            &[
                "postgres", "*.tmp", "cache/", "./a", "a/b", "**/x", "a/**", "[ab]?", "\\[x", "- a", "/srv",
                "*",
            ],
            &[
                "", "/", "./", "..", "../a", "a//b", "!a", "a\nb", "a**", "a/***", "[a", "[]", "a\\b", " a",
                "a/./b",
            ],
        );
    }

    #[test]
    fn near_misses_get_advice() {
        advises::<ExcludePattern>(&[
            ("dir/***", "write `dir/`"),
            ("a//b", "write `a/b`"),
            ("./a/./b/", "write `./a/b/`"),
            ("!keep", "write patterns of only the files to leave out"),
            ("../a", "write a name in the folder"),
            ("a**", "write `*`, or `**/` before a name"),
            ("[a", "write `\\[` for a bracket in a name"),
        ]);
        explains::<ExcludePattern>(&[("a\nb", "contains a line break"), ("a\u{200b}", "contains U+200B")]);
    }

    #[test]
    fn a_pattern_for_all_names_is_detected() {
        let is_for_all = |text: &str| ExcludePattern::parse(text).expect(text).is_for_all();
        for text in ["*", "./*", "**", "**/*", "?*", "./**", "[!x]*"] {
            assert!(is_for_all(text), "{text}");
        }
        for text in ["*/", "*.*", "?", ".*", "a*", "*/*"] {
            assert!(!is_for_all(text), "{text}");
        }
    }
}
