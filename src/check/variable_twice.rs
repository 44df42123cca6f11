//! A variable is set once: by `environment`, or by `secrets`.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.services.iter().flat_map(|s| &s.containers) {
        for used in &container.compose.secrets.0 {
            let Some(variable) = &used.variable else { continue };
            let same = |(name, _): &&(crate::tree::Text, crate::tree::Text)| name.value() == variable.value();
            if let Some((name, _)) = container.compose.environment.0.iter().find(same) {
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
