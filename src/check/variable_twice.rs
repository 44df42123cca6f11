//! A variable is set once: by `environment`, or by `secrets`.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.services.iter().flat_map(|s| &s.containers) {
        let compose = &container.compose;
        let names = compose.environment.0.iter().filter(|_| !compose.secrets.0.is_empty());
        let names: HashMap<String, &Text> = names.map(|(name, _)| (name.value(), name)).collect();
        let mut by_secret: HashMap<String, Span> = HashMap::new();
        for used in &compose.secrets.0 {
            let Some(variable) = &used.variable else { continue };
            if let Some(first) = by_secret.insert(variable.value(), used.span) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::VariableTwice,
                        format!("`{}` is set twice", variable.value()),
                        used.span,
                        "set by a second secret",
                    )
                    .and(first, "set by the first secret")
                    .help("keep one of the two"),
                );
            }
            if let Some(name) = names.get(&variable.value()) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::VariableTwice,
                        format!("`{}` is set twice", variable.value()),
                        used.span,
                        "by a secret",
                    )
                    .and(name.span, "and in the environment")
                    .help("keep one of the two"),
                );
            }
        }
    }
}
