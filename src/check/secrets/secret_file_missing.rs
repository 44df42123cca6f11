//! A secret is a file that can be decrypted. NixOS does not evaluate without it.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(backend) = host.secret_backend.as_ref().filter(|backend| backend.has_folder()) else { return };
    let written = backend.folder();
    let folder = written.value();
    let folder = folder.trim_end_matches('/');
    if folder.starts_with('/') && !host.secrets.is_empty() {
        diagnostics.push(
            Diagnostic::new(
                Code::SecretFileMissing,
                "a flake would not find the secrets",
                written.span,
                "is an absolute path, which only an impure evaluation reads",
            )
            .help(
                "keep the secrets in the repository, and write the folder relative to this file, such as `secrets`",
            ),
        );
        return;
    }
    let missing: Vec<_> = host.secrets.values().filter(|secret| secret.file_is_missing).collect();
    let create = |file: &str| format!("in `{folder}`, run `{}`", backend.command(file));
    // Of a folder that is not there at all, one word is enough.
    if let ([first, _, ..], true) = (missing.as_slice(), missing.len() == host.secrets.len()) {
        diagnostics.push(
            Diagnostic::new(
                Code::SecretFileMissing,
                format!("none of the {} secrets has its file in `{folder}`", missing.len()),
                written.span,
                "relative to this file",
            )
            .help(format!("{}, and the same for each other secret", create(&first.file.value()))),
        );
        return;
    }
    for secret in missing {
        let file = secret.file.value();
        diagnostics.push(
            Diagnostic::new(
                Code::SecretFileMissing,
                format!("there is no `{folder}/{file}`"),
                secret.span,
                "the secret's file",
            )
            .help(create(&file)),
        );
    }
}
