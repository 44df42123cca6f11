//! The language has one version.

use crate::diag::{Code, Diagnostic, Diagnostics, Fix};
use crate::hir::Host;
use crate::tree::Node;

/// The version of the language that homegen reads.
const VERSION: i64 = 1;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let version = &host.language;
    if version.value == VERSION {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::BadValue,
            format!("language version {} does not exist", version.value),
            version.text.span,
            format!("expected {VERSION}"),
        )
        .help(format!("write `homegen: {VERSION}`"))
        .fix(Fix::likely(version.text.span, VERSION.to_string())),
    );
}
