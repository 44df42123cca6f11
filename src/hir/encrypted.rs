//! The encrypted files of the secrets, as `homegen secrets audit` found them.

use std::collections::{BTreeSet, HashSet};

use indexmap::IndexMap;

use super::{Host, Id, Secret};
use crate::age::{self, Header};
use crate::file_context::Trial;
use crate::form::{Form, Recipient};
use crate::setting::SecretStore;
use crate::sops::{CONFIGURATION, SopsFile, SopsRecipient, SopsRules, format};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;
use crate::word::listed;

/// The encrypted files of a host.
#[derive(Debug)]
pub(crate) struct EncryptedFiles {
    /// The files of the secrets that exist, by path relative to the compiled file.
    pub(crate) files: IndexMap<String, EncryptedFile>,
    /// The `.age` files in the folder of agenix that no secret has, relative to the compiled file.
    pub(crate) undeclared: Vec<String>,
    /// The public keys of the identities that were tried.
    pub(crate) identities: Vec<Recipient>,
    /// The configuration of sops, or the reason why it is not valid.
    pub(crate) sops_rules: Option<Result<SopsRules, String>>,
}

/// An encrypted file.
#[derive(Debug)]
pub(crate) struct EncryptedFile {
    /// The path, relative to the compiled file.
    pub(crate) path: String,
    /// The secrets in it: at least one.
    pub(crate) secrets: Vec<Id<Secret>>,
    /// The store.
    pub(crate) store: SecretStore,
    /// The content, or the reason why there is none.
    pub(crate) content: Result<Encrypted, Flaw>,
}

/// The reason why a file has no readable content. A text is a fact about the file, such as `is empty`.
#[derive(Debug)]
pub(crate) enum Flaw {
    /// The file is a symbolic link.
    Link,
    /// The file cannot be read.
    Unreadable(String),
    /// The store did not write the content.
    Content(&'static str),
}

/// The readable part of an encrypted file.
#[derive(Debug)]
pub(crate) enum Encrypted {
    /// A file of age.
    Age {
        /// The header.
        header: Header,
        /// The recipients to which homegen encrypted exactly this file.
        recorded: Option<Vec<String>>,
        /// The result with the identities of the caller.
        trial: Trial,
    },
    /// A file of sops.
    Sops {
        /// The file.
        file: SopsFile,
        /// The recipients in the configuration of sops. `None` without a rule for the file.
        wanted: Option<BTreeSet<SopsRecipient>>,
    },
}

impl EncryptedFile {
    /// The first secret of the file.
    pub(crate) fn secret<'a>(&self, host: &'a Host) -> Option<&'a Secret> {
        host.secrets.get(self.secrets.first()?)
    }
}

/// The most places of recipients that a [`Mismatch`] of several files has.
const MAX_PLACES: usize = 8;

/// How the recipients of a file differ from those that it should have.
#[derive(Default)]
pub(crate) struct Mismatch {
    /// The difference, after `is`: `not encrypted to …`.
    pub(crate) state: String,
    /// A fact about the file, for a label.
    pub(crate) fact: String,
    /// The places of the declared recipients that the file lacks.
    pub(crate) missing: Vec<Span>,
}

impl Mismatch {
    /// The difference for recipients that are missing, and for others that are not in `list`.
    fn of(missing: &[String], others: &[String], list: &str) -> Option<Mismatch> {
        let (state, fact) = match (missing, others) {
            ([], []) => return None,
            (missing, []) => (
                format!("not encrypted to {}", listed(missing)),
                format!("{list} has this key, and the file lacks it"),
            ),
            ([], others) => (
                format!("encrypted to {}, which {list} does not have", listed(others)),
                "the owner of that key can read the secret".to_owned(),
            ),
            (missing, others) => {
                (format!("not encrypted to {}", listed(missing)), format!("encrypted to {}", listed(others)))
            }
        };
        Some(Mismatch { state, fact, missing: Vec::new() })
    }

    /// Adds the places of a file with the same state. The fact stays the one of the first file.
    pub(crate) fn merge(&mut self, other: Mismatch) {
        if self.state.is_empty() {
            *self = other;
            return;
        }
        for span in other.missing {
            // A host has few lists of recipients, and most files have the same.
            if self.missing.len() < MAX_PLACES && !self.missing.contains(&span) {
                self.missing.push(span);
            }
        }
    }

    fn new(state: impl Into<String>, fact: &str) -> Mismatch {
        Mismatch { state: state.into(), fact: fact.to_owned(), missing: Vec::new() }
    }
}

/// A certain or uncertain statement about the recipients of a file.
pub(crate) enum Recipients {
    /// They are those that the file should have.
    Right,
    /// They are not.
    Wrong(Mismatch),
    /// The file does not show it, for this reason.
    Uncertain(String),
}

impl Host {
    /// The recipients of a secret of agenix.
    pub(crate) fn recipients_of<'a>(&'a self, secret: &'a Secret) -> &'a [Value<Recipient>] {
        match secret.settings.recipients.as_slice() {
            [] => self.secret_stores.agenix.as_ref().map_or(&[], |agenix| &agenix.recipients),
            own => own,
        }
    }

    /// Compares the recipients of a file with those that it should have. `None` for a file that is reported as invalid.
    pub(crate) fn recipients_in(&self, file: &EncryptedFile, identities: &[Recipient]) -> Option<Recipients> {
        match file.content.as_ref().ok()? {
            Encrypted::Sops { wanted: None, .. } => {
                Some(Recipients::Uncertain(format!("no rule of `{CONFIGURATION}` is for the file")))
            }
            Encrypted::Sops { wanted: Some(wanted), file } => {
                let names =
                    |from: &BTreeSet<SopsRecipient>, without: &BTreeSet<SopsRecipient>| -> Vec<String> {
                        from.difference(without).map(SopsRecipient::short).collect()
                    };
                let (missing, others) = (names(wanted, &file.recipients), names(&file.recipients, wanted));
                let mismatch = Mismatch::of(&missing, &others, &format!("`{CONFIGURATION}`"));
                Some(mismatch.map_or(Recipients::Right, Recipients::Wrong))
            }
            Encrypted::Age { header, .. } if header.has_passphrase() => None,
            Encrypted::Age { trial: Trial::Damaged, .. } => None,
            Encrypted::Age { header, recorded, trial } => {
                let declared = self.recipients_of(file.secret(self)?);
                Some(age_recipients(declared, header, recorded.as_deref(), *trial, identities))
            }
        }
    }

    /// Reports whether a secret of agenix has recipients.
    pub fn has_recipients(&self) -> bool {
        let is_agenix = |secret: &&Secret| secret.store == Some(SecretStore::Agenix);
        self.secrets.values().filter(is_agenix).any(|secret| !self.recipients_of(secret).is_empty())
    }

    /// The files of the secrets with their recipients, if the caller has read them.
    pub fn audited(&self) -> Vec<Audited> {
        let Some(found) = &self.encrypted else { return Vec::new() };
        let audited = |file: &EncryptedFile| Audited {
            path: file.path.clone(),
            uncertain: match self.recipients_in(file, &found.identities) {
                Some(Recipients::Uncertain(reason)) => Some(reason),
                _ => None,
            },
        };
        found.files.values().map(audited).collect()
    }
}

/// A file of a secret.
#[derive(Debug)]
pub struct Audited {
    /// The path, relative to the compiled file.
    pub path: String,
    /// The reason why its recipients are not certain.
    pub uncertain: Option<String>,
}

/// A secret with `generate` that is missing.
#[derive(Debug)]
pub struct Missing {
    /// The path of its file, relative to the compiled file.
    pub path: String,
    /// The file.
    pub file: MissingFile,
    /// The number of characters.
    pub length: usize,
    /// The characters.
    pub alphabet: Vec<u8>,
}

/// A file that is to be encrypted again.
#[derive(Debug)]
pub struct Outdated {
    /// The path, relative to the compiled file.
    pub path: String,
    /// The path in the folder of agenix.
    pub name: String,
    /// True for a file of sops.
    pub is_sops: bool,
    /// The public keys for a file of agenix.
    pub recipients: Vec<String>,
    /// The state of its recipients.
    pub reason: String,
}

/// The file of a missing secret.
#[derive(Debug)]
pub enum MissingFile {
    /// A file of agenix.
    Agenix {
        /// The folder of agenix, relative to the compiled file.
        folder: String,
        /// The path in the folder.
        name: String,
        /// The public keys.
        recipients: Vec<String>,
    },
    /// A file of sops.
    Sops {
        /// The key of the value, with its nested keys. Empty for the whole file.
        index: Vec<String>,
        /// True if the file does not exist.
        is_new: bool,
    },
}

/// The place of a secret's encrypted value.
#[derive(Debug)]
pub enum Place {
    /// The value is missing. The path of the file is relative to the compiled file.
    Missing(String, MissingFile),
    /// A file is there, or the format of the file has no place for the value.
    Taken(String),
    /// The file declares no store for the secret, or another program decrypts it.
    NoStore,
}

impl Host {
    /// The places of all secrets, by name. The caller has read the encrypted files.
    pub fn secret_places(&self) -> impl Iterator<Item = (&str, Place)> {
        self.secrets.iter().map(|(name, secret)| (name.as_str(), self.place(name.as_str(), secret)))
    }

    fn place(&self, name: &str, secret: &Secret) -> Place {
        let Some(path) = secret.encrypted(&self.secret_stores) else { return Place::NoStore };
        let present = self.encrypted.as_ref().and_then(|found| found.files.get(&path));
        let file = match (secret.store, present) {
            (Some(SecretStore::Agenix), None) => self.missing_file_of_agenix(secret),
            (Some(SecretStore::Sops), present) => {
                let key = secret.settings.key.as_ref().map_or_else(|| name.to_owned(), Text::value);
                missing_key_of_sops(&path, &key, present)
            }
            _ => None,
        };
        match file {
            Some(file) => Place::Missing(path, file),
            None => Place::Taken(path),
        }
    }

    /// Reports whether the encrypted file at `path` can be read, and its header does not contradict its recipients.
    pub fn is_sound(&self, path: &str) -> bool {
        let found = self.encrypted.as_ref();
        let file = found.and_then(|found| found.files.get(path));
        let recipients = file.and_then(|file| self.recipients_in(file, &[]));
        !matches!(recipients, None | Some(Recipients::Wrong(_)))
    }

    /// The missing secrets that can be generated, one for each file or key. The caller has read the encrypted files.
    pub fn missing_secrets(&self) -> Vec<Missing> {
        let mut seen = HashSet::new();
        let mut missing = Vec::new();
        for (name, secret) in &self.secrets {
            let Some(generate) = &secret.settings.generate else { continue };
            let Place::Missing(path, file) = self.place(name.as_str(), secret) else { continue };
            // A file of many values cannot be generated.
            if secret.store == Some(SecretStore::Sops) && matches!(format(&path), Some("dotenv" | "ini")) {
                continue;
            }
            let index =
                if let MissingFile::Sops { index, .. } = &file { index.join("/") } else { String::new() };
            if seen.insert((path.clone(), index)) {
                missing.push(Missing {
                    path,
                    file,
                    length: generate.length.value.0 as usize,
                    alphabet: generate.alphabet.value.letters().to_vec(),
                });
            }
        }
        missing
    }

    /// The files whose recipients are not certainly right; with `all`, every file that its store can decrypt. The caller has
    /// read the encrypted files.
    pub fn outdated_files(&self, all: bool) -> Vec<Outdated> {
        let Some(found) = &self.encrypted else { return Vec::new() };
        let outdated = |file: &EncryptedFile| {
            let secret = file.secret(self)?;
            let is_sops = file.store == SecretStore::Sops;
            let recipients = self.recipients_of(secret);
            let has_recipients = match &file.content {
                Ok(Encrypted::Sops { wanted, .. }) => wanted.is_some(),
                _ => !recipients.is_empty(),
            };
            let reason = match self.recipients_in(file, &found.identities)? {
                Recipients::Wrong(mismatch) => mismatch.state,
                Recipients::Uncertain(reason) => reason,
                Recipients::Right => all.then(|| "encrypted to its recipients".to_owned())?,
            };
            has_recipients.then(|| Outdated {
                path: file.path.clone(),
                name: secret.file.as_ref().map(Text::value).unwrap_or_default(),
                is_sops,
                recipients: recipients.iter().map(|one| one.value.key().to_owned()).collect(),
                reason,
            })
        };
        found.files.values().filter_map(outdated).collect()
    }

    /// Reports whether the header of a file's new content does not contradict its recipients.
    pub fn is_encrypted_to_recipients(&self, path: &str, content: &[u8]) -> bool {
        let Some(file) = self.encrypted.as_ref().and_then(|found| found.files.get(path)) else {
            return false;
        };
        let content = match &file.content {
            Ok(Encrypted::Sops { wanted, .. }) => SopsFile::parse(path, content)
                .map(|content| Encrypted::Sops { file: content, wanted: wanted.clone() }),
            _ => age::header(content).map(|header| Encrypted::Age {
                header,
                recorded: None,
                trial: Trial::None,
            }),
        };
        let Ok(content) = content else { return false };
        let file = EncryptedFile {
            content: Ok(content),
            path: path.to_owned(),
            secrets: file.secrets.clone(),
            store: file.store,
        };
        !matches!(self.recipients_in(&file, &[]), None | Some(Recipients::Wrong(_)))
    }

    /// The folder of agenix, relative to the compiled file.
    pub fn agenix_folder(&self) -> Option<String> {
        self.secret_stores.agenix.as_ref().map(|agenix| agenix.directory.value())
    }

    fn missing_file_of_agenix(&self, secret: &Secret) -> Option<MissingFile> {
        let folder = self.secret_stores.agenix.as_ref()?.directory.value();
        Some(MissingFile::Agenix {
            folder,
            name: secret.file.as_ref()?.value(),
            recipients: self.recipients_of(secret).iter().map(|one| one.value.key().to_owned()).collect(),
        })
    }
}

/// The key of a secret in a file of sops, if it is missing there. A file in a format without nested keys is one secret.
fn missing_key_of_sops(path: &str, key: &str, present: Option<&EncryptedFile>) -> Option<MissingFile> {
    let has_keys = !matches!(format(path), Some("binary" | "dotenv" | "ini"));
    let index = if has_keys { key.split('/').map(str::to_owned).collect() } else { Vec::new() };
    match present.map(|file| &file.content) {
        None => Some(MissingFile::Sops { index, is_new: true }),
        Some(Ok(Encrypted::Sops { file, .. })) if has_keys && !file.has_key(key) => {
            Some(MissingFile::Sops { index, is_new: false })
        }
        Some(_) => None,
    }
}

/// Compares the recipients of a file of age with those that are declared.
fn age_recipients(
    declared: &[Value<Recipient>],
    header: &Header,
    recorded: Option<&[String]>,
    trial: Trial,
    identities: &[Recipient],
) -> Recipients {
    let recipients: Vec<Recipient> = declared.iter().map(|one| one.value.clone()).collect();
    let is_tried = |one: &Recipient| identities.contains(one);
    let mut untraceable = Vec::new();
    if !recipients.is_empty() {
        let (missing, others, counts) = match recorded {
            Some(recorded) => of_record(&recipients, recorded),
            None => {
                let found = header.difference(&recipients);
                untraceable = found.untraceable;
                (found.missing, found.others, found.counts)
            }
        };
        let names: Vec<String> = missing.iter().map(|one| one.short()).collect();
        if let Some(mismatch) = Mismatch::of(&names, &others, "`recipients`") {
            let missing: HashSet<&Recipient> = missing.into_iter().collect();
            let is_missing = |one: &&Value<Recipient>| missing.contains(&one.value);
            let missing = declared.iter().filter(is_missing).map(Value::span).collect();
            return Recipients::Wrong(Mismatch { missing, ..mismatch });
        }
        if let Some((present, wanted)) = counts {
            let number = format!("{present} key{} of age", if present == 1 { "" } else { "s" });
            return Recipients::Wrong(Mismatch::new(
                format!("encrypted to {number}, expected {wanted}"),
                "the number of keys differs from `recipients`",
            ));
        }
    }
    let is_expected = recipients.is_empty() || identities.is_empty() || recipients.iter().any(is_tried);
    match (trial, is_expected) {
        (Trial::Fails, true) => {
            let missing = declared.iter().filter(|one| is_tried(&one.value)).map(Value::span).collect();
            let mismatch = Mismatch::new(
                "not encrypted to the key of `--identity`",
                "the identity does not open the file",
            );
            Recipients::Wrong(Mismatch { missing, ..mismatch })
        }
        (Trial::Opens, false) => Recipients::Wrong(Mismatch::new(
            "encrypted to the key of `--identity`, which `recipients` does not have",
            "the identity opens the file",
        )),
        (Trial::None | Trial::Fails | Trial::Damaged, _) if recipients.is_empty() => {
            Recipients::Uncertain("`agenix` has no `recipients`".to_owned())
        }
        _ => {
            let is_open = |one: &&Recipient| trial != Trial::Opens || !is_tried(one);
            let left: Vec<&Recipient> = untraceable.into_iter().filter(is_open).collect();
            match left.as_slice() {
                [] => Recipients::Right,
                [one] => Recipients::Uncertain(format!("{} leaves no trace in the file", one.short())),
                several => {
                    Recipients::Uncertain(format!("{} keys of age leave no trace in the file", several.len()))
                }
            }
        }
    }
}

/// The recipients that the record of a file lacks, and the recorded ones that are not declared.
fn of_record<'a>(
    recipients: &'a [Recipient],
    recorded: &[String],
) -> (Vec<&'a Recipient>, Vec<String>, Option<(usize, usize)>) {
    let keys: HashSet<&str> = recipients.iter().map(Recipient::key).collect();
    let written: HashSet<&str> = recorded.iter().map(String::as_str).collect();
    let missing = recipients.iter().filter(|one| !written.contains(one.key())).collect();
    let others = recorded.iter().filter(|key| !keys.contains(key.as_str()));
    let short = |key: &String| Recipient::parse(key).map_or_else(|| key.clone(), |one| one.short());
    (missing, others.map(short).collect(), None)
}
