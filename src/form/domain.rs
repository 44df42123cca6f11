//! DNS names.

use super::advice::{contains, stray};
use super::{Advice, Form, text_form, web_parts};
use crate::word::is_word;

text_form! {
    /// A DNS name, or `*.` and a DNS name.
    Domain
}

/// The most characters of a domain name, and of a part of it between two dots (RFC 1035, 2.3.4).
const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;

impl Form for Domain {
    const NOUN: &'static str = "a domain name";
    const LOOKS: &'static str = " such as cloud.example.de";
    const EXPECTED: &'static str = "letters, digits and hyphens, in parts with dots between them";
    const EXAMPLE: &'static str = "cloud.example.de";
    const PATTERN: &'static str =
        r"^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$";

    fn parse(text: &str) -> Option<Domain> {
        is_domain(text.strip_prefix("*.").unwrap_or(text)).then(|| Domain(text.to_owned()))
    }

    /// A part that is too long, `https://example.org/x`, and `my host`.
    fn advice(text: &str) -> Option<Advice> {
        let host = web_parts(text).map(|(host, _)| host.split(':').next().unwrap_or_default());
        if let Some(host) = host.filter(|host| is_domain(host)) {
            return Advice::write("is a URL", host);
        }
        if let Some(letter) = stray(text.strip_prefix("*.").unwrap_or(text), b"-_.") {
            return Advice::new(contains(letter), "use letters, digits, `-` and `.`");
        }
        let longest = text.split('.').map(str::len).max().unwrap_or_default();
        for (length, most, subject) in
            [(longest, MAX_LABEL, "a part between dots has"), (text.len(), MAX_DOMAIN, "a domain name has")]
        {
            if length > most {
                let why = format!("{subject} at most {most} characters, found {length}");
                return Advice::new(why, format!("shorten it by {}", length - most));
            }
        }
        let trimmed: Vec<&str> =
            text.split('.').map(|label| label.trim_matches('-')).filter(|label| !label.is_empty()).collect();
        let suggested = trimmed.join(".");
        (is_domain(&suggested) && suggested != text)
            .then(|| Advice::write("a part between dots is empty, or begins or ends with `-`", suggested))?
    }
}

/// Reports whether a text is a DNS name without a `*`.
pub(super) fn is_domain(text: &str) -> bool {
    text.len() <= MAX_DOMAIN
        && text.split('.').all(|label| {
            label.len() <= MAX_LABEL
                && is_word(label, b"-_")
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Domain;

    #[test]
    fn a_domain_has_valid_labels_and_at_most_one_wildcard() {
        parses::<Domain>(&["example.org", "*.example.org", "nas"], &["", "*", "a..b", "-a", "a b", "*.*.a"]);
    }

    #[test]
    fn near_misses_get_advice() {
        advises::<Domain>(&[
            ("https://example.org/x", "write `example.org`"),
            (&"a".repeat(73), "shorten it by 10"),
            ("my host", "use letters, digits, `-` and `.`"),
            ("-nas-", "write `nas`"),
        ]);
    }
}
