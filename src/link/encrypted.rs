//! The encrypted files of the secrets, which the caller reads.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::age::{self, MAX_HEADER};
use crate::file_context::{self, FoundFile, Trial};
use crate::form::{Form, Recipient};
use crate::hir::{Encrypted, EncryptedFile, EncryptedFiles, Flaw, Host, Id, Secret};
use crate::limits::MAX_BYTES;
use crate::setting::SecretStore;
use crate::sops::{SopsFile, SopsRules, joined};

/// Reads and parses the encrypted files of the host's secrets.
pub(crate) fn link(host: &Host, context: &dyn file_context::EncryptedFiles) -> EncryptedFiles {
    let mut by_path: IndexMap<String, (SecretStore, Vec<Id<Secret>>)> = IndexMap::new();
    for (name, secret) in &host.secrets {
        let (Some(store), Some(path)) = (secret.store, secret.encrypted(&host.secret_stores)) else {
            continue;
        };
        by_path.entry(path).or_insert_with(|| (store, Vec::new())).1.push(name.clone());
    }
    let folder = host.secret_stores.agenix.as_ref().map(|agenix| agenix.directory.value());
    let folder = folder.filter(|folder| !folder.starts_with(['/', '~']));
    let folder = folder.as_deref().map(|folder| folder.trim_end_matches('/'));
    let record = folder.and_then(|folder| context.record(folder)).unwrap_or_default();
    let has_sops = host.secret_stores.sops.is_some();
    let configuration = has_sops.then(|| context.sops_configuration()).flatten();
    let sops_rules = configuration.as_ref().map(|found| SopsRules::parse(&found.text));
    let undeclared = folder.map_or_else(Vec::new, |folder| context.below(folder));
    let declared: HashSet<&str> = by_path.keys().map(String::as_str).collect();
    let is_undeclared = |path: &String| path.ends_with(".age") && !declared.contains(path.as_str());
    let undeclared = undeclared.into_iter().filter(is_undeclared).collect();
    let of_sops = |path: &str, bytes: &[u8]| {
        let file = SopsFile::parse(path, bytes)?;
        let rules = sops_rules.as_ref().and_then(|rules| rules.as_ref().ok());
        let wanted = rules
            .zip(configuration.as_ref())
            .and_then(|(rules, found)| rules.recipients(&joined(&found.to_source, path)).cloned());
        Ok(Encrypted::Sops { file, wanted })
    };
    let of_age = |path: &str, bytes: &[u8], hash: &str| {
        let header = age::header(bytes)?;
        let name =
            folder.and_then(|folder| path.strip_prefix(folder)).unwrap_or(path).trim_start_matches('/');
        let recorded = record.of(name, hash).map(<[String]>::to_vec);
        // A passphrase is asked for.
        let trial = if header.has_passphrase() { Trial::None } else { context.try_identities(path) };
        Ok(Encrypted::Age { header, recorded, trial })
    };
    let mut files = IndexMap::with_capacity(by_path.len());
    for (path, (store, secrets)) in by_path {
        let most = if store == SecretStore::Agenix { MAX_HEADER } else { MAX_BYTES };
        let content = match (context.read(&path, most), store) {
            (FoundFile::Absent, _) => continue,
            (FoundFile::Link, _) => Err(Flaw::Link),
            (FoundFile::Unreadable(fact), _) => Err(Flaw::Unreadable(fact)),
            (FoundFile::File(bytes, hash), SecretStore::Agenix) => {
                of_age(&path, &bytes, &hash).map_err(Flaw::Content)
            }
            (FoundFile::File(bytes, _), SecretStore::Sops) => of_sops(&path, &bytes).map_err(Flaw::Content),
        };
        files.insert(path.clone(), EncryptedFile { path, secrets, store, content });
    }
    let identities = context.identities().iter().filter_map(|key| Recipient::parse(key)).collect();
    EncryptedFiles { files, undeclared, identities, sops_rules }
}
