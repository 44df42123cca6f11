//! Paths of a site.

use super::{Advice, Form, text_form, web_parts};
use crate::word::is_word;

text_form! {
    /// A path of a site, or all paths that begin with a text: `/api/*`.
    UrlPaths
}

/// The characters of a path besides letters and digits. Caddy interprets `%`, `?` and braces in a matcher.
const SIGNS: &[u8] = b"/._~+=@:,-";

impl Form for UrlPaths {
    const NOUN: &'static str = "a path";
    const LOOKS: &'static str = " such as /api/*";
    const EXPECTED: &'static str =
        "a path that starts with `/`; `*` at the end for every path that begins with it";
    const EXAMPLE: &'static str = "/api/*";
    const PATTERN: &'static str = r"^/[A-Za-z0-9/._~+=@:,-]*\*?$";

    fn parse(text: &str) -> Option<UrlPaths> {
        let path = text.strip_suffix('*').unwrap_or(text);
        let is_plain = !path.split('/').any(|step| matches!(step, "." | ".."));
        (path.starts_with('/') && is_word(path, SIGNS) && is_plain).then(|| UrlPaths(text.to_owned()))
    }

    /// `https://example.org/api`, `api/*`, and `*`.
    fn advice(text: &str) -> Option<Advice> {
        if let Some((_, path)) = web_parts(text).filter(|(_, path)| UrlPaths::parse(path).is_some()) {
            return Advice::write("is a whole URL", path);
        }
        let whole = format!("/{text}");
        if UrlPaths::parse(&whole).is_some() && !text.starts_with('/') {
            return Advice::write("does not start with `/`", whole);
        }
        if text.starts_with('/') && text.trim_end_matches('*').contains('*') {
            return Advice::new("has `*` before its end", "write `*` only at the end of the path");
        }
        None
    }
}

impl UrlPaths {
    /// The text that the paths begin with, if there are several.
    pub(crate) fn prefix(&self) -> Option<&str> {
        self.0.strip_suffix('*')
    }

    /// The order of the paths in which the first match is the most specific one: long before short, and a single path
    /// before those that begin with it.
    pub(crate) fn specificity(&self) -> (std::cmp::Reverse<usize>, bool) {
        let prefix = self.prefix();
        (std::cmp::Reverse(prefix.unwrap_or(&self.0).len()), prefix.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::{Form, UrlPaths};

    #[test]
    fn paths_start_with_a_slash_and_have_a_star_only_at_the_end() {
        parses::<UrlPaths>(
            &["/", "/api/*", "/api*", "/a.b/c"],
            &["", "*", "api/*", "/a b", "/{x}", "/a?b", "/a%20b", "/*/x", "/a/../b", "/a`b", "/\"x\""],
        );
        advises::<UrlPaths>(&[
            ("api/*", "write `/api/*`"),
            ("*", "write `/*`"),
            ("https://a.test/api/*", "write `/api/*`"),
            ("/*/x", "write `*` only at the end of the path"),
        ]);
    }

    #[test]
    fn specific_paths_come_first() {
        let mut paths =
            ["/*", "/api*", "/api/v2/*", "/api", "/api/*"].map(|path| UrlPaths::parse(path).unwrap());
        paths.sort_by_key(UrlPaths::specificity);
        assert_eq!(paths.each_ref().map(UrlPaths::as_str), ["/api/v2/*", "/api/*", "/api", "/api*", "/*"]);
    }
}
