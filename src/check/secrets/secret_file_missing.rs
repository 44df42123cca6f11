//! A secret needs its encrypted file: NixOS does not evaluate without it.

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::secret::GENERATE;
use crate::hir::{Host, Secret};
use crate::setting::SecretStore;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let stores = &host.secret_stores;
    for store in stores.declared() {
        let Some(location) = stores.location(store) else { continue };
        let secrets: Vec<&Secret> =
            host.secrets.values().filter(|secret| secret.store == Some(store)).collect();
        if secrets.is_empty() {
            continue;
        }
        if location.value().starts_with('/') {
            report_absolute(location, store, diagnostics);
            continue;
        }
        let mut missing: IndexMap<String, Vec<&Secret>> = IndexMap::new();
        for secret in secrets.iter().filter(|secret| secret.file_is_missing) {
            missing.entry(secret.encrypted(stores).unwrap_or_default()).or_default().push(secret);
        }
        report(&missing, secrets.len(), location, store, diagnostics);
    }
}

fn report_absolute(location: &Text, store: SecretStore, diagnostics: &mut Diagnostics) {
    let (title, example) = match store {
        SecretStore::Agenix => ("a flake cannot read the folder of secrets", "secrets"),
        SecretStore::Sops => ("a flake cannot read the file of secrets", "secrets.yaml"),
    };
    diagnostics.push(
        Diagnostic::new(
            Code::SecretFileMissing,
            title,
            location.span,
            "expected a path relative to this file: only an impure evaluation reads an absolute path",
        )
        .help(format!(
            "move the encrypted secrets into the repository, and write a relative path such as `{example}`"
        )),
    );
}

/// Reports the `missing` files, each with its secrets. `count` is the number of secrets in the store.
fn report(
    missing: &IndexMap<String, Vec<&Secret>>,
    count: usize,
    location: &Text,
    store: SecretStore,
    diagnostics: &mut Diagnostics,
) {
    let folder = location.value();
    let folder = folder.trim_end_matches('/');
    // One diagnostic is enough if the whole folder is missing.
    if let (Some((first, _)), true) = (missing.first(), missing.len() > 1 && missing.len() == count) {
        diagnostics.push(
            Diagnostic::new(
                Code::SecretFileMissing,
                format!("the files of all {count} secrets are missing in `{folder}`"),
                location.span,
                "relative to this file",
            )
            .help(
                match missing.values().flatten().all(|secret| secret.settings.generate.is_some()) {
                    true => GENERATE.to_owned(),
                    false => format!("{}, and the same for each other secret", store.command(folder, first)),
                },
            ),
        );
        return;
    }
    for (path, secrets) in missing {
        let is_default = secrets.iter().any(|secret| secret.file.is_none());
        let (span, label) = match (is_default, secrets.first()) {
            (false, Some(secret)) => (secret.span, "the secret is declared here"),
            _ => (location.span, "relative to this file"),
        };
        diagnostics.push(
            Diagnostic::new(
                Code::SecretFileMissing,
                format!("the file `{path}` does not exist"),
                span,
                label,
            )
            .help(match secrets.iter().all(|secret| secret.settings.generate.is_some()) {
                true => GENERATE.to_owned(),
                false => store.command(folder, path),
            }),
        );
    }
}
