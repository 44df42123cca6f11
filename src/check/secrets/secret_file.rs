//! Secrets whose file is not in the folder of secrets, or whose owner is two names.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;
use crate::word::is_word;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let folder = host.secret_backend.as_ref().map_or("agenix.directory", |backend| backend.folder_key());
    for declared in host.secrets.values().map(|secret| &secret.settings) {
        if let Some(file) = &declared.file {
            let path = file.value();
            if path.is_empty()
                || path.starts_with('/')
                || path.split('/').any(|part| matches!(part, "" | "." | ".."))
            {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BadValue,
                        format!("`{path}` is not in the folder of secrets"),
                        file.span,
                        "leads out of it",
                    )
                    .help(format!("write a path below `{folder}`")),
                );
            } else if let Some(name) = path.rsplit('/').next().filter(|name| !is_word(name, b"+-._?=")) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BadValue,
                        format!("`{name}` cannot be the name of a file in the Nix store"),
                        file.span,
                        "expected letters, digits and `+`, `-`, `.`, `_`, `?`, `=`",
                    )
                    .help("rename the file"),
                );
            }
        }
        let owners = [Some(&declared.owner), declared.group.as_ref()].into_iter().flatten();
        for owner in owners.filter(|owner| owner.text.value().contains(':')) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadValue,
                    format!("`{}` is two names", owner.text.value()),
                    owner.text.span,
                    "one is needed here",
                )
                .help("write `owner` and `group` apart"),
            );
        }
    }
}
