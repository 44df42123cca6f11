//! Paths of URLs.

use super::advice::{contains, stray};
use super::{Advice, Form, text_form, web_parts};
use crate::word::is_word;

text_form! {
    /// The path of a URL, and its query.
    HttpPath
}

/// The characters besides letters and digits that need no escape in a path and a query (RFC 3986).
const SIGNS: &[u8] = b"/._~%?&=+-";

impl Form for HttpPath {
    const NOUN: &'static str = "a URL path";
    const LOOKS: &'static str = " such as /health";
    const EXPECTED: &'static str = "a path that starts with `/`, and a query if there is one";
    const EXAMPLE: &'static str = "/health";
    const PATTERN: &'static str = r"^/[A-Za-z0-9/._~%?&=+-]*$";

    fn parse(text: &str) -> Option<HttpPath> {
        is_http_path(text).then(|| HttpPath(text.to_owned()))
    }

    /// `http://127.0.0.1/health`, `health`, and `/a b`.
    fn advice(text: &str) -> Option<Advice> {
        if let Some((_, path)) = web_parts(text).filter(|(_, path)| is_http_path(path)) {
            return Advice::write("is a whole URL", path);
        }
        let whole = format!("/{text}");
        if is_http_path(&whole) && !text.starts_with('/') {
            return Advice::write("does not start with `/`", whole);
        }
        stray_in_path(text)
    }
}

pub(super) fn is_http_path(text: &str) -> bool {
    text.starts_with('/') && is_word(text, SIGNS)
}

/// Advice for a path with a character that a URL must escape (RFC 3986, 2.1).
pub(super) fn stray_in_path(path: &str) -> Option<Advice> {
    let letter = stray(path, SIGNS)?;
    let escape: String = letter.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02X}")).collect();
    Advice::new(contains(letter), format!("write `{escape}` in its place, or remove it"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, explains, parses};
    use super::HttpPath;

    #[test]
    fn an_http_path_begins_with_a_slash_and_has_no_spaces() {
        parses::<HttpPath>(&["/", "/api/ping?x=1"], &["", "ping", "/a b"]);
        advises::<HttpPath>(&[
            ("http://127.0.0.1:80/ping", "write `/ping`"),
            ("ping", "write `/ping`"),
            ("/a b", "write `%20` in its place, or remove it"),
        ]);
        explains::<HttpPath>(&[("/a b", "contains a space")]);
    }
}
