//! The folder that holds the encrypted secrets.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    if let (Some((_, secret)), None) = (host.secrets.first(), &host.secret_backend) {
        diagnostics.push(
            Diagnostic::new(
                Code::AgenixMissing,
                "secrets, and no folder that holds them",
                secret.span,
                "declared here",
            )
            .help("add `agenix: { directory: secrets }`"),
        );
    }
    if let Some(backend) = &host.secret_backend {
        let written = backend.folder();
        let folder = written.value();
        if folder.trim_matches('/').is_empty() || folder.starts_with('~') || folder.contains(char::is_control)
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadValue,
                    format!("`{folder}` is no folder of secrets"),
                    written.span,
                    "cannot be used",
                )
                .help("write a path relative to this file, such as secrets"),
            );
        }
    }
}
