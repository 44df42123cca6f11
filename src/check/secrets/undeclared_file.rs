//! Every encrypted file in the folder of agenix belongs to a secret.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;
use crate::word::listed;

/// The most files that a message names.
const NAMED: usize = 8;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let (Some(found), Some(agenix)) = (&host.encrypted, &host.secret_stores.agenix) else { return };
    let mut names: Vec<String> =
        found.undeclared.iter().take(NAMED).map(|path| format!("`{path}`")).collect();
    let title = match found.undeclared.as_slice() {
        [] => return,
        [path] => format!("`{path}` belongs to no secret"),
        all => {
            let more = all.len() - names.len();
            names.extend((more > 0).then(|| format!("{more} more")));
            format!("{} belong to no secret", listed(&names))
        }
    };
    diagnostics.push(
        Diagnostic::new(Code::UndeclaredFile, title, agenix.directory.span, "in this folder")
            .help("declare the secret under `secrets`, or remove the file"),
    );
}
