//! Files beside the compiled file. Several rules use it.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::tree::Text;

/// Reports a path that is not relative, or that leaves the folder of the compiled file. `example` is a valid one.
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
    } else if leaves_folder(&value) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("`{value}` is not beside this file"),
                path.span,
                "leaves the folder of this file",
            )
            .help(format!(
                "move the file into the folder of this file, and write a path such as `{example}`"
            )),
        );
    }
}

/// Returns true if a relative path leads out of its folder at some point.
fn leaves_folder(path: &str) -> bool {
    let mut depth = 0_usize;
    path.split('/').any(|part| match part {
        "" | "." => false,
        ".." => {
            let is_outside = depth == 0;
            depth = depth.saturating_sub(1);
            is_outside
        }
        _ => {
            depth += 1;
            false
        }
    })
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
