//! Declared secrets need a store, and the store needs a path inside the repository.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::setting::SecretStore;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let stores = &host.secret_stores;
    let mut of_stores = host.secrets.values().filter(|secret| {
        let declared = &secret.settings;
        declared.path.is_none() && declared.from.is_none() && !declared.unreadable.may_hold(&["path", "from"])
    });
    if let (Some(secret), None) = (of_stores.next(), stores.declared().next()) {
        diagnostics.push(
            Diagnostic::new(
                Code::StoreMissing,
                "`secrets` are declared without a store",
                secret.span,
                "declared here",
            )
            .help("add `agenix: { directory: secrets }` or `sops: { file: secrets.yaml }`"),
        );
    }
    for store in stores.declared() {
        let Some(written) = stores.location(store).filter(|path| !is_relative(path)) else { continue };
        let (kind, content, example) = match store {
            SecretStore::Agenix => ("folder", "for secrets", "secrets"),
            SecretStore::Sops => ("file", "of secrets", "secrets.yaml"),
        };
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("`{}` is not a valid {kind} {content}", written.value()),
                written.span,
                format!("expected a {kind} relative to this file"),
            )
            .help(format!("write a path relative to this file, such as `{example}`")),
        );
    }
}

/// True if a path may be relative to the compiled file. An absolute path is reported with the missing files.
fn is_relative(path: &Text) -> bool {
    let path = path.value();
    !path.trim_matches('/').is_empty() && !path.starts_with('~') && !path.contains(char::is_control)
}
