//! Paths in addresses of the web.

use super::advice::{may_not_be, stray};
use super::{Advice, Form, text_form, web_parts};
use crate::word::is_word;

text_form! {
    /// A path in an address of the web.
    HttpPath
}

/// What a path and query may have besides letters and digits, without an escape (RFC 3986).
const SIGNS: &[u8] = b"/._~%?&=+-";

impl Form for HttpPath {
    const NOUN: &'static str = "a path";
    const LOOKS: &'static str = " in an address, such as /health";
    const EXAMPLE: &'static str = "/health";
    const PATTERN: &'static str = r"^/[A-Za-z0-9/._~%?&=+-]*$";

    fn title() -> &'static str {
        "URL path"
    }

    fn parse(text: &str) -> Option<HttpPath> {
        is_http_path(text).then(|| HttpPath(text.to_owned()))
    }

    /// `http://127.0.0.1/health`, `health`, and `/a b`.
    fn advice(text: &str) -> Option<Advice> {
        if let Some((_, path)) = web_parts(text).filter(|(_, path)| is_http_path(path)) {
            return Advice::write("is a whole address", path);
        }
        let whole = format!("/{text}");
        if is_http_path(&whole) && !text.starts_with('/') {
            return Advice::write("does not begin with /", whole);
        }
        stray_in_path(text)
    }
}

pub(super) fn is_http_path(text: &str) -> bool {
    text.starts_with('/') && is_word(text, SIGNS)
}

/// A letter that an address has to have as an escape (RFC 3986, 2.1).
pub(super) fn stray_in_path(path: &str) -> Option<Advice> {
    let letter = stray(path, SIGNS)?;
    let escape: String = letter.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02X}")).collect();
    Advice::new(may_not_be(letter), format!("write it as {escape}, or take it out"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, explains, parses};
    use super::HttpPath;

    #[test]
    fn paths() {
        parses::<HttpPath>(&["/", "/api/ping?x=1"], &["", "ping", "/a b"]);
        advises::<HttpPath>(&[
            ("http://127.0.0.1:80/ping", "write `/ping`"),
            ("ping", "write `/ping`"),
            ("/a b", "write it as %20, or take it out"),
        ]);
        explains::<HttpPath>(&[("/a b", "a space may not be in it")]);
    }
}
