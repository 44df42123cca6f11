//! Paths in a user's home folder.

use super::absolute_path::letter;
use super::{Advice, Form, text_form};
use crate::path::is_path;

text_form! {
    /// A path below `~/`, without `..` parts that would lead out of it.
    HomePath
}

impl Form for HomePath {
    const NOUN: &'static str = "a path in the home folder";
    const LOOKS: &'static str = " such as ~/Pictures/upload";
    const EXPECTED: &'static str = "a path that starts with `~/` and has no `.`, `..` or empty part";
    const EXAMPLE: &'static str = "~/Pictures/upload";
    const PATTERN: &'static str = r"^~/";

    fn parse(text: &str) -> Option<HomePath> {
        let path = text.strip_prefix('~').filter(|path| path.starts_with('/') && is_path(path))?;
        (!path.trim_end_matches('/').is_empty()).then(|| HomePath(text.to_owned()))
    }

    /// `/Users/me/Pictures`.
    fn advice(text: &str) -> Option<Advice> {
        let below = text.strip_prefix("/Users/").or_else(|| text.strip_prefix("/home/"));
        let suggested = below.and_then(|below| below.split_once('/')).map(|(_, rest)| format!("~/{rest}"));
        match suggested.filter(|suggested| HomePath::parse(suggested).is_some()) {
            Some(suggested) => Advice::write("does not start with `~/`", suggested),
            None => letter(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::HomePath;

    #[test]
    fn a_home_path_is_below_the_home_folder() {
        parses::<HomePath>(&["~/Pictures"], &["~", "~/", "/home/me/x", "~/../x", "~/a//b"]);
        advises::<HomePath>(&[("/Users/me/Upload", "write `~/Upload`"), ("Upload", "")]);
    }
}
