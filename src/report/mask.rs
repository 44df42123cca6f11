//! Texts in which secrets are covered, for the snippets of diagnostics on a terminal.

use super::ImportedSecret;
use crate::secret::is_in_line;
use crate::source::Sources;

/// The length from which a value counts as a secret wherever it stands.
const SHORTEST: usize = 4;

/// The sources with `*` in place of the values of `secrets`, and of everything that looks like a secret. Each byte is one
/// `*`, so that spans stay right.
pub fn mask(sources: &Sources, secrets: &[ImportedSecret]) -> Sources {
    let contents = secrets.iter().filter_map(|secret| secret.content.as_deref());
    let values = contents.flat_map(|content| content.lines().map(value_of));
    let values: Vec<&str> = values.filter(|value| value.len() >= SHORTEST).collect();
    let mut masked = Sources::default();
    for source in sources.all() {
        let mut text = source.text.clone();
        for value in &values {
            if text.contains(value) {
                text = text.replace(value, &"*".repeat(value.len()));
            }
        }
        let lines: Vec<String> = text.split('\n').map(line).collect();
        masked.add(&source.name, lines.join("\n"));
    }
    masked
}

/// The value in a line of an env file. Another line is a value itself.
fn value_of(line: &str) -> &str {
    line.split_once('=').map_or(line, |(_, value)| value)
}

/// A line with its value covered if it looks like a secret.
fn line(line: &str) -> String {
    let content = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '-' | '"' | '\''));
    if !is_in_line(line) {
        return line.to_owned();
    }
    let start = line.len() - content.len();
    let at = content.find(['=', ':']).map_or(start, |at| start + at + 1);
    let covered = line[at..].chars().map(|c| match c.is_whitespace() {
        true => c.to_string(),
        false => "*".repeat(c.len_utf8()),
    });
    line[..at].to_owned() + &covered.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_value_of_a_secret_is_covered() {
        assert_eq!(line("  DB_PASSWORD: hunter2x # no"), "  DB_PASSWORD: ******** * **");
        assert_eq!(line("  # - DB_PASSWORD=hunter2x"), "  # - DB_PASSWORD=********");
        assert_eq!(line("  image: nginx"), "  image: nginx");
    }
}
