//! A mount point must be a path that NixOS accepts.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::{is_path, normalized};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let bad = |span: Span, title: String, help: &str| {
        Diagnostic::new(
            Code::BadValue,
            title,
            span,
            "expected an absolute path without `..` and without a slash at the end",
        )
        .help(help)
    };
    for (path, _) in &host.machine.mounts.entries {
        let value = path.value();
        let normalized = normalized(&value);
        // A reference in it is undefined, which is already reported.
        if value.contains("${") {
            continue;
        }
        let title = format!("`{value}` is not a valid mount point");
        if !value.starts_with('/') || value.contains(|c: char| c.is_control() || c == '\\') {
            let whole = format!("/{value}");
            let help = if is_path(&whole) {
                format!("write `{whole}`")
            } else {
                "write an absolute path".to_owned()
            };
            diagnostics.push(bad(path.span, title, &help));
        } else if value != normalized {
            // NixOS refuses a slash at the end (nonEmptyWithoutTrailingSlash of `fileSystems`).
            diagnostics.push(bad(path.span, title, &format!("write `{normalized}`")));
        }
    }
}
