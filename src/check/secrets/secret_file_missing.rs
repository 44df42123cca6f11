//! A secret needs its encrypted file: NixOS does not evaluate without it.

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
                "a flake cannot read the folder of secrets",
                written.span,
                "expected a path relative to this file: only an impure evaluation reads an absolute path",
            )
            .help(
                "move the encrypted secrets into the repository, and write a relative path such as `secrets`",
            ),
        );
        return;
    }
    let missing: Vec<_> = host.secrets.values().filter(|secret| secret.file_is_missing).collect();
    let create = |file: &str| format!("in `{folder}`, run `{}`", backend.command(file));
    // One diagnostic is enough if the whole folder is missing.
    if let ([first, _, ..], true) = (missing.as_slice(), missing.len() == host.secrets.len()) {
        diagnostics.push(
            Diagnostic::new(
                Code::SecretFileMissing,
                format!("the files of all {} secrets are missing in `{folder}`", missing.len()),
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
                format!("the file `{folder}/{file}` does not exist"),
                secret.span,
                "the secret is declared here",
            )
            .help(create(&file)),
        );
    }
}
