//! A repository of restic with a login in it: `rest:https://user:password@host`. NixOS writes it into the store.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for repository in host.backups().filter_map(|(_, backup)| backup.repository()) {
        let value = repository.value();
        let login = value.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
        if login.is_some_and(|(user, _)| user.contains(':')) {
            diagnostics.push(
                Diagnostic::new(
                    Code::LiteralSecret,
                    "a password written into the file",
                    repository.span,
                    "everyone on the host could read it",
                )
                .help("put the whole address into a secret, and name that as `repository_secret`"),
            );
        }
    }
}
