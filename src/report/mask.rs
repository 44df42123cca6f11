//! Texts in which secrets are covered, for diagnostics and reports on a terminal.

use super::ImportedSecret;
use crate::diag::Diagnostic;
use crate::secret::{KnownSecrets, is_in_line, is_public_name, is_secret_name};
use crate::source::Sources;

/// The sources of an import with `*` in place of secrets, and the secrets in them.
#[derive(Debug)]
pub struct Mask {
    sources: Sources,
    /// The values that are covered in other texts.
    values: Vec<String>,
}

impl Mask {
    /// Covers the values of `secrets`, and everything that looks like a secret. Each byte is one `*`, so that spans stay right.
    pub fn new(sources: &Sources, secrets: &[ImportedSecret]) -> Mask {
        let contents = secrets.iter().filter_map(|secret| secret.content.as_deref());
        let values: Vec<&str> = contents.flat_map(|content| content.lines().map(value_of)).collect();
        let known = KnownSecrets::new(values.iter().copied());
        let mut words: Vec<String> =
            values.iter().filter(|value| is_random(value)).map(|value| (*value).to_owned()).collect();
        let mut masked = Sources::default();
        for source in sources.all() {
            let is_env_file = !source.name.ends_with(".yaml") && !source.name.ends_with(".yml");
            let mut block = None;
            let mut lines = Vec::new();
            for line in source.text.split('\n') {
                let at = match is_env_file {
                    true => Some(line.find(['=', ':']).map_or(0, |sign| sign + 1)),
                    false => secret_in_block(line, &mut block),
                };
                let Some(at) = at else {
                    lines.push(known.cover(line));
                    continue;
                };
                words
                    .extend(line[at..].split(is_separator).filter(|word| is_random(word)).map(str::to_owned));
                lines.push(known.cover(&line[..at]) + &covered(&line[at..]));
            }
            masked.add(&source.name, lines.join("\n"));
        }
        Mask { sources: masked, values: words }
    }

    /// The sources, with secrets covered.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Diagnostics without secrets in their texts.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
        let known = self.known();
        let cover = |one: &Diagnostic| {
            let mut one = one.clone();
            one.message = known.cover(&one.message);
            one.labels.iter_mut().for_each(|label| label.text = known.cover(&label.text));
            one.help = one.help.map(|help| known.cover(&help));
            one
        };
        diagnostics.iter().map(cover).collect()
    }

    /// A text without secrets.
    pub fn text(&self, text: &str) -> String {
        self.known().cover(text)
    }

    fn known(&self) -> KnownSecrets<'_> {
        KnownSecrets::new(self.values.iter().map(String::as_str))
    }
}

/// The value in a line of an env file. Another line is a value itself.
fn value_of(line: &str) -> &str {
    line.split_once('=').map_or(line, |(_, value)| value)
}

/// True for a value that no common word is: it can be covered in every text.
fn is_random(value: &str) -> bool {
    value.len() >= 8
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic())
}

/// True for a character around a word of a value.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || "\"'`,;:=@/&?{}[]()$".contains(c)
}

/// A key whose secret may continue in the next lines.
#[derive(Clone, Copy)]
struct Block {
    /// The indentation of the key.
    indentation: usize,
    /// The secret begins in the next line, unless that is a mapping.
    is_empty: bool,
}

/// The start of the secret in a line of a Compose file, after the lines of `block`.
fn secret_in_block(line: &str, block: &mut Option<Block>) -> Option<usize> {
    let content = line.trim_start();
    let indentation = line.len() - content.len();
    if content.is_empty() {
        return None;
    }
    if let Some(inside) = block.filter(|block| indentation > block.indentation)
        && !(inside.is_empty && (content.contains(": ") || content.ends_with(':')))
    {
        return Some(indentation);
    }
    *block = None;
    if let Some(at) = named_secret(line) {
        let is_empty = line[at..].trim().is_empty();
        *block = Some(Block { indentation, is_empty });
        return (!is_empty).then_some(at);
    }
    let start =
        content.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '-' | '"' | '\''));
    is_in_line(line).then(|| {
        let start_at = line.len() - start.len();
        start.find(['=', ':']).map_or(start_at, |sign| start_at + sign + 1)
    })
}

/// The start of the first value with the name of a secret, anywhere in a line.
fn named_secret(line: &str) -> Option<usize> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    line.match_indices([':', '=']).map(|(at, _)| at).find_map(|at| {
        let before = line[..at].trim_end().trim_end_matches(['"', '\'']);
        let start = before
            .rfind(|c| !is_name(c))
            .map_or(0, |last| last + before[last..].chars().next().map_or(1, char::len_utf8));
        let name = &before[start..];
        let is_secret = !name.is_empty() && is_secret_name(name) && !is_public_name(name);
        is_secret.then_some(at + 1)
    })
}

/// One `*` for each byte that is not blank.
fn covered(text: &str) -> String {
    let covered = text.chars().map(|c| match c.is_whitespace() {
        true => c.to_string(),
        false => "*".repeat(c.len_utf8()),
    });
    covered.collect()
}

#[cfg(test)]
mod tests {
    use super::{covered, secret_in_block};

    fn masked(text: &str) -> String {
        let mut block = None;
        let mask = |line: &str| match secret_in_block(line, &mut block) {
            Some(at) => line[..at].to_owned() + &covered(&line[at..]),
            None => line.to_owned(),
        };
        text.split('\n').map(mask).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_value_of_a_secret_is_covered() {
        assert_eq!(masked("  DB_PASSWORD: hunter2x # no"), "  DB_PASSWORD: ******** * **");
        assert_eq!(masked("  # - DB_PASSWORD=hunter2x"), "  # - DB_PASSWORD=********");
        assert_eq!(masked("  image: nginx"), "  image: nginx");
        assert_eq!(masked("a: {x: 1, DB_PASSWORD: hunter2x}"), "a: {x: 1, DB_PASSWORD: *********");
        assert_eq!(
            masked("  KEY_TOKEN: |\n    a\n\n    b\n  c: d"),
            "  KEY_TOKEN: *\n    *\n\n    *\n  c: d"
        );
        assert_eq!(masked("  DB_PASSWORD:\n    hunter2x\n  c: d"), "  DB_PASSWORD:\n    ********\n  c: d");
        assert_eq!(masked("  db_password:\n    file: ./a"), "  db_password:\n    file: ./a");
    }
}
