//! The environment of a container lies in the world-readable store: no secret may be written there.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Node, Piece, Target, Text};

/// How the names of variables end that hold secrets.
const ENDINGS: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "_PWD",
    "SECRET",
    "TOKEN",
    "API_KEY",
    "APIKEY",
    "AUTH_KEY",
    "AUTHKEY",
    "PRIVATE_KEY",
    "SECRET_KEY",
    "ACCESS_KEY",
    "CREDENTIALS",
    "_PAT",
];

/// How keys begin that say by their first letters whose they are, so that scanners find them: those of
/// Tailscale, GitHub, GitLab, Slack, Amazon, OpenAI and age (each provider's own documentation).
const BEGINNINGS: &[&str] = &[
    "tskey-",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "sk-",
    "AGE-SECRET-KEY-",
];

/// A key of those providers has at least this many characters. A word such as `sk-SK` has fewer.
const SHORTEST_KEY: usize = 16;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.services.iter().flat_map(|s| &s.containers) {
        for (name, value) in &container.compose.environment.0 {
            let variable = name.value().to_uppercase();
            let text = value.value();
            let by_name = ENDINGS.iter().any(|e| variable.ends_with(e)) && may_be_secret(value);
            // `user:password` is what basic authentication takes.
            let basic = variable.ends_with("BASIC_AUTH") && may_be_secret(value) && has_two_halves(&text);
            if by_name || basic || is_key(&text) || has_password(&text) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::LiteralSecret,
                        format!("`{}` looks like a secret", name.value()),
                        value.span,
                        "would be readable by everyone, in the Nix store",
                    )
                    .and(name.span, "this variable")
                    .help(format!(
                        "declare a secret, and write `secrets: {{ {}: NAME }}` in place of this",
                        name.value()
                    )),
                );
            }
        }
    }
}

/// Whether a value is one that is worth hiding: no switch such as `DISABLE_TOKEN=true`, no path of a file
/// that holds the secret, and nothing that the host says of itself to everyone.
fn may_be_secret(value: &Text) -> bool {
    let text = value.value();
    let is_switch = matches!(
        text.to_lowercase().as_str(),
        "" | "0" | "1" | "true" | "false" | "yes" | "no" | "on" | "off" | "none" | "null"
    );
    let is_fact = value.pieces.iter().all(|piece| match piece {
        Piece::Literal(_) => false,
        Piece::Reference(reference) => {
            matches!(reference.target, Target::HostName | Target::TimeZone | Target::Port(_))
        }
    });
    !is_switch && !text.starts_with('/') && !is_fact
}

fn has_two_halves(text: &str) -> bool {
    text.split_once(':').is_some_and(|(user, password)| !user.is_empty() && !password.is_empty())
}

fn is_key(text: &str) -> bool {
    let one_word = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    one_word && text.len() >= SHORTEST_KEY && BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// Whether a URL holds a password, as in `postgres://user:password@host/`.
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .and_then(|(user, _)| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty())
}
