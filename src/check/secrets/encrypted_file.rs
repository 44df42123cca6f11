//! The encrypted file of a secret is one that its store can decrypt, and has the secret.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::file_context::Trial;
use crate::hir::secret::GENERATE;
use crate::hir::{Encrypted, EncryptedFile, Flaw, Host};
use crate::setting::SecretStore;
use crate::sops::{CONFIGURATION, SopsFile};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(found) = &host.encrypted else { return };
    if let (Some(Err(reason)), Some(sops)) = (&found.sops_rules, &host.secret_stores.sops) {
        diagnostics.push(
            Diagnostic::new(
                Code::InvalidEncryptedFile,
                format!("`{CONFIGURATION}` is not valid"),
                sops.file.span,
                reason.lines().next().unwrap_or_default(),
            )
            .help(format!("correct `{CONFIGURATION}`: sops reads the recipients from it")),
        );
    }
    for file in found.files.values() {
        match &file.content {
            Err(flaw) => report(file, flaw, host, diagnostics),
            Ok(Encrypted::Age { header, trial, .. }) => {
                if header.has_passphrase() {
                    report(file, &Flaw::Content("is encrypted with a passphrase"), host, diagnostics);
                } else if *trial == Trial::Damaged {
                    report(file, &Flaw::Content("is damaged after its header"), host, diagnostics);
                }
            }
            Ok(Encrypted::Sops { file: content, .. }) => missing_keys(file, content, host, diagnostics),
        }
    }
}

fn report(file: &EncryptedFile, flaw: &Flaw, host: &Host, diagnostics: &mut Diagnostics) {
    let Some(secret) = file.secret(host) else { return };
    let folder = host.secret_stores.location(file.store).map(|location| location.value()).unwrap_or_default();
    let command = file.store.command(folder.trim_end_matches('/'), &file.path);
    let program = match file.store {
        SecretStore::Agenix => "agenix",
        SecretStore::Sops => "sops-nix",
    };
    let (title, label, help) = match flaw {
        Flaw::Link => (
            "is a symbolic link".to_owned(),
            "Nix copies the link without its target".to_owned(),
            "replace the link by the file".to_owned(),
        ),
        Flaw::Unreadable(fact) => (
            fact.clone(),
            "the secret is declared here".to_owned(),
            "make it a file that you can read".to_owned(),
        ),
        Flaw::Content(fact) => (
            (*fact).to_owned(),
            format!("{program} cannot decrypt it"),
            format!("restore the file from Git; or move it away, and {command}"),
        ),
    };
    diagnostics.push(
        Diagnostic::new(Code::InvalidEncryptedFile, format!("`{}` {title}", file.path), secret.span, label)
            .help(help),
    );
}

fn missing_keys(file: &EncryptedFile, content: &SopsFile, host: &Host, diagnostics: &mut Diagnostics) {
    for (name, secret) in file.secrets.iter().filter_map(|name| Some((name, host.secrets.get(name)?))) {
        let key = secret.settings.key.as_ref();
        let (key, span) = key.map_or((name.as_str().to_owned(), secret.span), |key| (key.value(), key.span));
        if content.has_key(&key) {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::InvalidEncryptedFile,
                format!("`{}` has no key `{key}`", file.path),
                span,
                "sops-nix takes the secret from this key",
            )
            .help(match secret.settings.generate.is_some() {
                true => GENERATE.to_owned(),
                false => format!("run `sops {}`, and add the key", file.path),
            }),
        );
    }
}
