//! Absolute paths.

use super::advice::contains;
use super::{Advice, Form, text_form};
use crate::path::{MAX_NAME, MAX_PATH, is_path, is_short_enough, normalized};

text_form! {
    /// An absolute path.
    AbsolutePath
}

impl Form for AbsolutePath {
    const NOUN: &'static str = "an absolute path";
    const LOOKS: &'static str = " such as /srv/data";
    const EXPECTED: &'static str = "a path that starts with `/` and has no `.`, `..` or empty part";
    const EXAMPLE: &'static str = "/srv/data";
    const PATTERN: &'static str = r"^/";

    fn parse(text: &str) -> Option<AbsolutePath> {
        is_path(text).then(|| AbsolutePath(text.to_owned()))
    }

    /// `./data`, `~/data`, and `/srv/../data`.
    fn advice(text: &str) -> Option<Advice> {
        if let Some(advice) = letter(text) {
            return Some(advice);
        }
        if !text.starts_with('/') {
            let why = if text.starts_with('~') { "`~` is not expanded" } else { "is a relative path" };
            return Advice::new(why, "write the whole path, starting with `/`");
        }
        if !is_short_enough(text) {
            let why =
                format!("expected at most {MAX_PATH} bytes, and at most {MAX_NAME} between two slashes");
            return Advice::new(why, "choose a shorter path");
        }
        let normalized = normalized(text);
        (is_path(&normalized) && normalized != text).then_some(())?;
        Advice::write("contains `..`, `.` or `//`", normalized)
    }
}

/// Advice for a path with a character that no path may contain.
pub(super) fn letter(path: &str) -> Option<Advice> {
    let letter = path.chars().find(|c| matches!(c, '\n' | '\r' | '\0'))?;
    Advice::new(contains(letter), "remove the character, or rename the folder")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, explains, parses};
    use super::AbsolutePath;

    #[test]
    fn an_absolute_path_is_normalized_and_on_one_line() {
        parses::<AbsolutePath>(&["/", "/srv/a b"], &["", "srv", "/srv/../x", "/a//b", "/a\nb"]);
    }

    #[test]
    fn near_misses_get_advice() {
        advises::<AbsolutePath>(&[
            ("/srv/../data/./x", "write `/data/x`"),
            ("srv", "write the whole path, starting with `/`"),
            ("/srv/a\nb", "remove the character, or rename the folder"),
        ]);
        explains::<AbsolutePath>(&[("/srv/a\nb", "contains a line break")]);
    }
}
