//! A variable needs a name that is valid in an environment.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::printable::{hidden, without_hidden};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (name, _) in host.services.iter().flat_map(|s| &s.containers).flat_map(|c| &c.settings.environment.0)
    {
        let value = name.value();
        let title = || format!("`{value}` is not a valid variable name");
        let is_wrong = |c: char| c == '=' || c.is_whitespace() || c.is_control();
        if value.is_empty() {
            let (title, label) = ("the variable has no name", "expected a name such as `LOG_LEVEL`");
            diagnostics.push(
                Diagnostic::new(Code::BadName, title, name.span, label)
                    .help("write the name of the variable, or remove the line"),
            );
        } else if value.contains(is_wrong) {
            let label = "expected a name without white space, `=` and control characters";
            diagnostics.push(
                Diagnostic::new(Code::BadName, title(), name.span, label)
                    .help(format!("write `{}`", value.trim().replace(is_wrong, "_"))),
            );
        } else if value.starts_with('#') {
            let label = "begins with `#`, which begins a comment in an environment file";
            diagnostics.push(
                Diagnostic::new(Code::BadName, title(), name.span, label)
                    .help(format!("write `{}`", value.trim_start_matches('#'))),
            );
        } else if let Some(hidden) = hidden(&value) {
            diagnostics.push(
                Diagnostic::new(Code::BadName, title(), name.span, hidden)
                    .help(format!("write `{}`", without_hidden(&value))),
            );
        }
    }
}
