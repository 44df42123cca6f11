//! Absolute paths.

use super::advice::may_not_be;
use super::{Advice, Form, text_form};
use crate::path::{MAX_NAME, MAX_PATH, is_path, is_short_enough, straight};

text_form! {
    /// An absolute path.
    AbsolutePath
}

impl Form for AbsolutePath {
    const NOUN: &'static str = "a plain absolute path";
    const LOOKS: &'static str = " such as /srv/data";
    const EXAMPLE: &'static str = "/srv/data";
    const PATTERN: &'static str = r"^/";

    fn title() -> &'static str {
        "absolute path"
    }

    fn parse(text: &str) -> Option<AbsolutePath> {
        is_path(text).then(|| AbsolutePath(text.to_owned()))
    }

    /// `./data`, `~/data`, and `/srv/../data`.
    fn advice(text: &str) -> Option<Advice> {
        if let Some(advice) = letter(text) {
            return Some(advice);
        }
        if !text.starts_with('/') {
            let why = if text.starts_with('~') { "has no home to start from" } else { "is relative" };
            return Advice::new(why, "write the whole path, from / on");
        }
        if !is_short_enough(text) {
            let why = format!("is longer than {MAX_PATH} bytes, or has a step longer than {MAX_NAME}");
            return Advice::new(why, "choose a shorter path");
        }
        let straight = straight(text);
        (is_path(&straight) && straight != text).then_some(())?;
        Advice::write("has a step back in it, `..`, or one to nowhere, `.` or `//`", straight)
    }
}

/// A letter that no path may have.
pub(super) fn letter(path: &str) -> Option<Advice> {
    let letter = path.chars().find(|c| matches!(c, '\n' | '\r' | '\0'))?;
    Advice::new(may_not_be(letter), "take it out, or call the folder something else")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, explains, parses};
    use super::AbsolutePath;

    #[test]
    fn absolute_paths() {
        parses::<AbsolutePath>(&["/", "/srv/a b"], &["", "srv", "/srv/../x", "/a//b", "/a\nb"]);
    }

    #[test]
    fn what_was_meant() {
        advises::<AbsolutePath>(&[
            ("/srv/../data/./x", "write `/data/x`"),
            ("srv", "write the whole path, from / on"),
            ("/srv/a\nb", "take it out, or call the folder something else"),
        ]);
        explains::<AbsolutePath>(&[("/srv/a\nb", "a line break may not be in it")]);
    }
}
