//! A variable with a secret is a line of an environment file, which has no syntax for a line break.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::setting::referenced;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let variables = host.containers().flat_map(|container| &container.settings.environment.0);
    for (name, value) in variables.filter(|(_, value)| value.value().contains(['\n', '\r'])) {
        if referenced(value).next().is_none() {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("the value of `{}` has a line break", name.value()),
                value.span,
                "expected one line: the variable is rendered into a file with a line for each variable",
            )
            .help("write the value in one line, or write a file with it under `files`"),
        );
    }
}
