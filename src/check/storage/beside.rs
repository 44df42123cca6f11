//! Files beside the compiled file. Several rules use it.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::tree::Text;

/// Reports a path that is not relative. It may lead to a folder above, such as one that several hosts share. `example` is a
/// valid one.
pub(in crate::check) fn check_relative(path: &Text, example: &str, diagnostics: &mut Diagnostics) {
    let value = path.value();
    if value.is_empty() || value.starts_with(['/', '~']) || value.contains(char::is_control) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("`{value}` is not a valid file beside this one"),
                path.span,
                "expected a relative path",
            )
            .help(format!("write a path relative to this file, such as `{example}`")),
        );
    }
}

/// Reports a file that does not exist.
pub(in crate::check) fn report_missing(path: &Text, diagnostics: &mut Diagnostics) {
    diagnostics.push(
        Diagnostic::new(
            Code::FileMissing,
            format!("the file `{}` does not exist", path.value()),
            path.span,
            "relative to this file",
        )
        .help("create the file, or correct the path"),
    );
}
