//! Addresses of the web.

use super::advice::{may_not_be, stray};
use super::http_path::{is_http_path, stray_in_path};
use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// The address of something at a host: of a topic of ntfy, which is what stands behind the host.
    WebAddress
}

/// What the name of a host may have besides letters and digits (RFC 3986).
const HOST_SIGNS: &[u8] = b".-";

impl Form for WebAddress {
    const NOUN: &'static str = "an address";
    const LOOKS: &'static str = " such as https://ntfy.example.de/server";
    const EXAMPLE: &'static str = "https://ntfy.example.de/server";
    const PATTERN: &'static str =
        r"^[hH][tT][tT][pP][sS]?://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9/._~%?&=+-]+$";

    fn title() -> &'static str {
        "URL"
    }

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
            return Advice::write("does not begin with https:// or http://", whole);
        };
        if authority.contains('@') {
            return Advice::new(
                "has a login in it, which everyone on the host could read",
                "put the whole address into a secret, and name that as `url_secret`",
            );
        }
        let host = authority.split_once(':').map_or(authority, |(host, _)| host);
        match stray(host, HOST_SIGNS) {
            Some(letter) => Advice::new(
                may_not_be(letter),
                "write the name of the host alone, with letters, digits, - and .",
            ),
            None if path.len() <= 1 && !host.is_empty() => Advice::new(
                "has no topic",
                format!("write the topic behind it: {}/TOPIC", text.trim_end_matches('/')),
            ),
            None => stray_in_path(path),
        }
    }
}

/// The host with its port, and the path, of an address of the web. The scheme may be in capitals (RFC 3986, 3.1).
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
    fn addresses_with_a_path() {
        parses::<WebAddress>(
            &["HTTPS://ntfy.sh/x", "http://nas:8080/a?b=c"],
            &["", "ntfy.sh/x", "https://ntfy.sh", "https://ntfy.sh/", "https://a_b/x", "https://me:word@a/x"],
        );
    }

    #[test]
    fn what_was_meant() {
        advises::<WebAddress>(&[
            ("ntfy.sh/x", "write `https://ntfy.sh/x`"),
            ("https://ntfy.sh/ü", "write it as %C3%BC, or take it out"),
            ("https://ntfy.sh", "write the topic behind it: https://ntfy.sh/TOPIC"),
        ]);
        explains::<WebAddress>(&[
            ("https://ntfy.sh/ü", "`ü` may not be in it"),
            ("https://me:password@ntfy.sh/x", "has a login in it, which everyone on the host could read"),
            ("https://my_server:8080/x", "`_` may not be in it"),
        ]);
    }
}
