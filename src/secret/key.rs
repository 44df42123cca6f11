//! Detection of secrets by their own form, whatever their name: keys of providers, tokens, private keys, and URLs with a
//! token.

use super::pattern::{Beginnings, addresses};
use crate::word::is_word;

/// The fewest characters of a key or a URL with a token.
pub(super) const SHORTEST: usize = 16;

/// The fewest characters of a token in a URL.
const SHORTEST_TOKEN: usize = 20;

fn has_letter_and_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Reports whether a value is too irregular for a word: letters and digits without spaces.
pub(super) fn is_irregular(value: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b);
    value.bytes().all(is_part) && has_letter_and_digit(value)
}

/// Reports whether a value is irregular and as long as a token.
pub(super) fn is_random(value: &str) -> bool {
    value.len() >= 12 && is_irregular(value)
}

/// Reports whether a text has a key of a provider, a JSON Web Token, a Telegram bot token, a private key, or a Laravel key.
pub(super) fn has_key(text: &str) -> bool {
    let is_end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'));
    text.split(is_end).any(|word| {
        is_telegram_token(word)
            || word.split(':').map(|part| part.trim_end_matches('.')).any(|part| is_key(part) || is_jwt(part))
    }) || has_private_key(text)
        || has_laravel_key(text)
}

/// Detects the key of a Laravel application: `base64:` and 16 or 32 bytes.
fn has_laravel_key(text: &str) -> bool {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || b"+/=".contains(b);
    text.split("base64:").skip(1).any(|rest| {
        let key = &rest[..rest.bytes().take_while(is_part).count()];
        matches!(key.len(), 24 | 44) && key.ends_with('=') && has_letter_and_digit(key)
    })
}

fn is_key(word: &str) -> bool {
    let has_digit = |text: &str| text.bytes().any(|b| b.is_ascii_digit());
    if word.len() < SHORTEST || !has_digit(word) {
        return false;
    }
    let Beginnings { letters, words, dots } = Beginnings::get();
    let forms = [(letters, &b""[..]), (words, b"_-"), (dots, b"_-.")];
    forms.into_iter().any(|(beginnings, signs)| {
        beginnings.iter().any(|(beginning, least)| {
            let rest = word.strip_prefix(beginning.as_str()).filter(|_| word.len() >= *least);
            // A name of several words, such as `sk-learn-…`, has no digits.
            rest.is_some_and(|rest| has_digit(rest) && is_word(rest, signs))
        })
    })
}

/// Detects three parts of base64url, of which the first two are JSON (RFC 7519): `{"` is `eyJ`.
fn is_jwt(word: &str) -> bool {
    let mut parts = word.split('.');
    let mut is_json = || parts.next().is_some_and(|part| part.starts_with("eyJ") && part.len() > 10);
    is_json() && is_json() && parts.next().is_some_and(|part| part.len() >= 20) && parts.next().is_none()
}

/// Detects `123456789:` and 35 characters, which follow `bot` in a URL of the API.
fn is_telegram_token(word: &str) -> bool {
    let word = word.strip_prefix("bot").unwrap_or(word);
    let Some((bot, token)) = word.split_once(':') else { return false };
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    (8..=10).contains(&bot.len())
        && bot.bytes().all(|b| b.is_ascii_digit())
        && token.len() == 35
        && token.bytes().all(is_part)
}

/// Detects a private key in PEM, with line breaks or with `\n`.
fn has_private_key(text: &str) -> bool {
    text.split("-----BEGIN ").skip(1).any(|block| {
        let Some((kind, rest)) = block.split_once("-----") else { return false };
        let body = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\\' | 'n'));
        let base64 = body.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).count();
        (kind.ends_with("PRIVATE KEY") || kind.ends_with("PRIVATE KEY BLOCK")) && base64 >= 16
    })
}

/// Reports whether a text has a URL with a token.
pub(super) fn has_token_in_address(text: &str) -> bool {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '?' | '#');
    let is_token = |part: &str| part.len() >= SHORTEST_TOKEN && is_random(part);
    // A fast test first: few texts have a URL, and few URLs have a token.
    let may_be = text.contains("://") || text.contains(".com/");
    may_be
        && text.split(|c| is_end(c) || matches!(c, '/' | '@')).any(is_token)
        && addresses().iter().any(|beginning| {
            text.split(beginning)
                .skip(1)
                .any(|rest| rest[..rest.find(is_end).unwrap_or(rest.len())].split(['/', '@']).any(is_token))
        })
}

#[cfg(test)]
mod tests {
    use super::{has_key, has_token_in_address};

    #[test]
    fn keys_are_recognized_by_their_form() {
        for text in [
            "AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE",
            "curl -H 'X: ghp_0123456789abcdefghijABCDEFGHIJ012345' localhost",
            "https://glpat-0123456789abcdefghij@gitlab.example.org/x.git",
            "token=tk_0123456789abcdefghijklmnopqrs",
            "https://api.telegram.org/bot123456789:AAEhBP0av28V2ciUabcdefghijklmnopqrs/sendMessage",
            "tgram://123456789:AAEhBP0av28V2ciUabcdefghijklmnopqrs/1",
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6y",
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----",
            "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXktdjEAAAAA",
        ] {
            assert!(has_key(text), "{text}");
        }
    }

    #[test]
    fn texts_that_resemble_keys_are_not_keys() {
        for text in [
            "sk-SK,en-US",
            "sk-learn-dashboard-with-a-long-name-and-words",
            "/srv/npm_packages/ghp_x",
            "tk_users_of_2025",
            "ASIA/Tokyo",
            "eyJhbGciOiJIUzI1NiJ9",
            "12345678:90",
            "grep -q -- '-----BEGIN PRIVATE KEY-----' /run/secrets/key",
            "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQ",
            "-----BEGIN PUBLIC KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ",
        ] {
            assert!(!has_key(text), "{text}");
        }
    }

    #[test]
    fn tokens_in_addresses_are_found() {
        for text in [
            "https://discord.com/api/webhooks/123456789012345678/abcDEF0123456789abcDEF0123456789",
            "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijkl0123456789mn",
            "discord://abcDEF0123456789abcDEF0123456789@123456789012345678",
        ] {
            assert!(has_token_in_address(text), "{text}");
        }
        for text in [
            "https://discord.com/api/webhooks/{env.ID}/{env.TOKEN}",
            "https://discord.com/channels/123456789012345678/123456789012345678",
            "discord://-/channels/123456789012345678",
            "https://hooks.slack.com/services/$SLACK_PATH",
            "https://automation.example.org/hooks/deploy",
        ] {
            assert!(!has_token_in_address(text), "{text}");
        }
    }
}
