//! The environment of a container lies in the world-readable store: no secret may be written there.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

/// How the names of variables end that hold secrets.
const ENDINGS: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "PASS",
    "SECRET",
    "TOKEN",
    "API_KEY",
    "APIKEY",
    "PRIVATE_KEY",
    "SECRET_KEY",
    "ACCESS_KEY",
    "CREDENTIALS",
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.services.iter().flat_map(|s| &s.containers) {
        for (name, value) in &container.compose.environment.0 {
            let variable = name.value().to_uppercase();
            let value_text = value.value();
            // A switch such as DISABLE_TOKEN=true is no secret.
            let is_switch =
                matches!(value_text.to_lowercase().as_str(), "" | "true" | "false" | "yes" | "no");
            let by_name = ENDINGS.iter().any(|e| variable.ends_with(e)) && !is_switch;
            let looks_secret = by_name || has_password(&value_text);
            if looks_secret {
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

/// Whether a URL holds a password, as in `postgres://user:password@host/`.
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .and_then(|(user, _)| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty())
}
