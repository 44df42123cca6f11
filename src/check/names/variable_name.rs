//! A variable has a name that an environment can hold.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::printable::{hidden, without_hidden};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (name, _) in host.services.iter().flat_map(|s| &s.containers).flat_map(|c| &c.settings.environment.0)
    {
        let value = name.value();
        if value.is_empty() || value.contains(|c: char| c == '=' || c.is_whitespace() || c.is_control()) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadName,
                    format!("`{value}` is no name of a variable"),
                    name.span,
                    "not a possible name",
                )
                .help("take out the white space and the `=`"),
            );
        } else if let Some(hidden) = hidden(&value) {
            let title = format!("`{value}` is no name of a variable");
            diagnostics.push(
                Diagnostic::new(Code::BadName, title, name.span, hidden)
                    .help(format!("write `{}`", without_hidden(&value))),
            );
        }
    }
}
