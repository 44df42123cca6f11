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
            let looks_secret = ENDINGS.iter().any(|e| variable == *e || variable.ends_with(&format!("_{e}")));
            if looks_secret && !value.value().is_empty() {
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
