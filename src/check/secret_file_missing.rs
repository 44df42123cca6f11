//! A secret is a file that agenix can decrypt. NixOS does not evaluate without it.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(agenix) = &host.agenix else { return };
    let folder = agenix.directory.value();
    let folder = folder.trim_end_matches('/');
    if folder.starts_with('/') && !host.secrets.is_empty() {
        diagnostics.push(
            Diagnostic::new(
                Code::SecretFileMissing,
                "a flake would not find the secrets",
                agenix.directory.span,
                "is an absolute path, which only an impure evaluation reads",
            )
            .help(
                "keep them in the repository, and write the folder relative to this file, such as `secrets`",
            ),
        );
        return;
    }
    let missing: Vec<_> = host.secrets.iter().filter(|(_, secret)| secret.file_is_missing).collect();
    // Of a folder that is not there at all, one word is enough.
    if let ([(first, _), _, ..], true) = (missing.as_slice(), missing.len() == host.secrets.len()) {
        diagnostics.push(
            Diagnostic::new(
                Code::SecretFileMissing,
                format!("none of the {} secrets has its file in {folder}", missing.len()),
                agenix.directory.span,
                "relative to this file",
            )
            .help(format!("make each in {folder}, with `agenix -e {}`", host.secrets[*first].file(first))),
        );
        return;
    }
    for (name, secret) in missing {
        diagnostics.push(
            Diagnostic::new(
                Code::SecretFileMissing,
                format!("there is no {folder}/{}", secret.file(name)),
                secret.span,
                "the secret's file",
            )
            .help(format!("make it in {folder}, with `agenix -e {}`", secret.file(name))),
        );
    }
}
