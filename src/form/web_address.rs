//! URLs.

use super::advice::{contains, stray};
use super::http_path::{is_http_path, stray_in_path};
use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// The URL of an ntfy topic or a webhook: a host and a path.
    WebAddress
}

/// The characters of a host name besides letters and digits (RFC 3986).
const HOST_SIGNS: &[u8] = b".-";

impl Form for WebAddress {
    const NOUN: &'static str = "a URL";
    const LOOKS: &'static str = " such as https://ntfy.example.de/server";
    const EXPECTED: &'static str = "https://HOST/PATH or http://HOST/PATH";
    const EXAMPLE: &'static str = "https://ntfy.example.de/server";
    const PATTERN: &'static str =
        r"^[hH][tT][tT][pP][sS]?://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9/._~%?&=+-]+$";

    fn parse(text: &str) -> Option<WebAddress> {
        let (authority, path) = web_parts(text)?;
        let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
        let fits =
            is_word(host, HOST_SIGNS) && port.parse::<u16>().is_ok() && path.len() > 1 && is_http_path(path);
        fits.then(|| WebAddress(text.to_owned()))
    }

    /// `ntfy.sh/x`, and `https://ntfy.sh/a b`.
    fn advice(text: &str) -> Option<Advice> {
        let Some((authority, path)) = web_parts(text) else {
            let whole = format!("https://{text}");
            WebAddress::parse(&whole)?;
            return Advice::write("does not start with https:// or http://", whole);
        };
        if authority.contains('@') {
            return Advice::new(
                "contains a login, which every user of the host could read",
                "put the URL into a secret, and write the secret's name as `url_secret`",
            );
        }
        let host = authority.split_once(':').map_or(authority, |(host, _)| host);
        match stray(host, HOST_SIGNS) {
            Some(letter) => {
                Advice::new(contains(letter), "use letters, digits, `-` and `.` in the host name")
            }
            None if path.len() <= 1 && !host.is_empty() => {
                Advice::new("has no topic", format!("write `{}/TOPIC`", text.trim_end_matches('/')))
            }
            None => stray_in_path(path),
        }
    }
}

/// Splits a URL into the host with its port, and the path. The scheme may be in capitals (RFC 3986, 3.1).
pub(crate) fn web_parts(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_web = ["https", "http"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    is_web.then(|| rest.split_at(rest.find('/').unwrap_or(rest.len())))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, explains, parses};
    use super::WebAddress;

    #[test]
    fn an_address_has_a_scheme_a_host_and_a_path_and_no_login() {
        parses::<WebAddress>(
            &["HTTPS://ntfy.sh/x", "http://nas:8080/a?b=c"],
            &["", "ntfy.sh/x", "https://ntfy.sh", "https://ntfy.sh/", "https://a_b/x", "https://me:word@a/x"],
        );
    }

    #[test]
    fn near_misses_get_advice() {
        advises::<WebAddress>(&[
            ("ntfy.sh/x", "write `https://ntfy.sh/x`"),
            ("https://ntfy.sh/ü", "write `%C3%BC` in its place, or remove it"),
            ("https://ntfy.sh", "write `https://ntfy.sh/TOPIC`"),
        ]);
        explains::<WebAddress>(&[
            ("https://ntfy.sh/ü", "contains `ü`"),
            ("https://me:password@ntfy.sh/x", "contains a login, which every user of the host could read"),
            ("https://my_server:8080/x", "contains `_`"),
        ]);
    }
}
