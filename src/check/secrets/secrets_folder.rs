//! Declared secrets need the folder of their encrypted files.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    if let (Some((_, secret)), None) = (host.secrets.first(), &host.secret_backend) {
        diagnostics.push(
            Diagnostic::new(
                Code::AgenixMissing,
                "`secrets` are declared without a folder for their files",
                secret.span,
                "declared here",
            )
            .help("add `agenix: { directory: secrets }`"),
        );
    }
    if let Some(backend) = &host.secret_backend {
        let written = backend.folder();
        let folder = written.value();
        if !backend.has_folder() {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadValue,
                    format!("`{folder}` is not a valid folder for secrets"),
                    written.span,
                    "expected a folder relative to this file",
                )
                .help("write a path relative to this file, such as `secrets`"),
            );
        }
    }
}
