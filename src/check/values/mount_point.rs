//! Mount points that NixOS does not take.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::{is_path, straight};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let bad = |span: Span, said: String, help: &str| {
        Diagnostic::new(Code::BadValue, said, span, "cannot be used").help(help)
    };
    for (path, _) in &host.machine.mounts.entries {
        let value = path.value();
        let straight = straight(&value);
        // A reference in it leads nowhere.
        if value.contains("${") {
            continue;
        }
        let said = format!("`{value}` is no mount point");
        if !value.starts_with('/') || value.contains(|c: char| c.is_control() || c == '\\') {
            let whole = format!("/{value}");
            let help = if is_path(&whole) {
                format!("write `{whole}`")
            } else {
                "write an absolute path".to_owned()
            };
            diagnostics.push(bad(path.span, said, &help));
        } else if value != straight {
            // NixOS refuses a slash at the end (nonEmptyWithoutTrailingSlash of `fileSystems`).
            diagnostics.push(bad(path.span, said, &format!("write `{straight}`")));
        }
    }
}
