//! Secrets, and the stores that they come from.

use crate::setting::{self, Agenix, SecretStore, Sops};
use crate::source::Span;
use crate::tree::Text;

/// The action for a missing secret with `generate`.
pub(crate) const GENERATE: &str = "run `homegen secrets generate`";

/// The stores of encrypted secrets that the file declares. Their output is in `src/lower/secret/`.
#[derive(Debug, Default)]
pub(crate) struct SecretStores {
    /// agenix.
    pub(crate) agenix: Option<Agenix>,
    /// sops-nix.
    pub(crate) sops: Option<Sops>,
}

impl SecretStores {
    /// True if the file declares the store.
    pub(crate) fn has(&self, store: SecretStore) -> bool {
        match store {
            SecretStore::Agenix => self.agenix.is_some(),
            SecretStore::Sops => self.sops.is_some(),
        }
    }

    /// The declared stores. The first one is where modules look a secret up by its name alone.
    pub(crate) fn declared(&self) -> impl Iterator<Item = SecretStore> {
        [SecretStore::Agenix, SecretStore::Sops].into_iter().filter(|store| self.has(*store))
    }

    /// The path of the folder or the file of a store, relative to the compiled file.
    pub(crate) fn location(&self, store: SecretStore) -> Option<&Text> {
        match store {
            SecretStore::Agenix => self.agenix.as_ref().map(|agenix| &agenix.directory),
            SecretStore::Sops => self.sops.as_ref().map(|sops| &sops.file),
        }
    }
}

impl SecretStore {
    /// The key of the folder or file of the store.
    pub(crate) fn location_key(self) -> &'static str {
        match self {
            SecretStore::Agenix => "agenix.directory",
            SecretStore::Sops => "sops.file",
        }
    }

    /// The folder of the decrypted secrets. Each is a file with the secret's name.
    pub(crate) fn decrypted(self) -> &'static str {
        match self {
            SecretStore::Agenix => "/run/agenix",
            SecretStore::Sops => "/run/secrets",
        }
    }

    /// The command that creates the encrypted file `path`, which is relative to the compiled file. `folder` is the folder
    /// of the store.
    pub(crate) fn command(self, folder: &str, path: &str) -> String {
        match self {
            SecretStore::Agenix => {
                let file = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
                format!("in `{folder}`, run `agenix -e {file}`")
            }
            SecretStore::Sops => format!("run `sops {path}`"),
        }
    }
}

/// A secret.
#[derive(Debug)]
pub(crate) struct Secret {
    /// The store. `None` for a secret that another program decrypts, and for one without a declared store.
    pub(crate) store: Option<SecretStore>,
    /// The encrypted file of agenix, in its folder; the encrypted file of sops, relative to the compiled file. `None` for
    /// the default file of sops.
    pub(crate) file: Option<Text>,
    /// The settings.
    pub(crate) settings: setting::Secret,
    /// The span of the name.
    pub(crate) span: Span,
    /// True if the caller checked for the file and it does not exist.
    pub(crate) file_is_missing: bool,
}

impl Secret {
    /// The path of the decrypted file. `None` for a secret without a store.
    pub(crate) fn decrypted(&self, name: &str) -> Option<String> {
        let of_store = || Some(format!("{}/{name}", self.store?.decrypted()));
        self.settings.path.as_ref().map(|path| path.text.value()).or_else(of_store)
    }

    /// The encrypted file, relative to the compiled file. `None` without a store.
    pub(crate) fn encrypted(&self, stores: &SecretStores) -> Option<String> {
        let location = stores.location(self.store?)?.value();
        let path = match (self.store?, &self.file) {
            (SecretStore::Agenix, Some(file)) => {
                Some(format!("{}/{}", location.trim_end_matches('/'), file.value()))
            }
            (SecretStore::Agenix, None) => None,
            (SecretStore::Sops, Some(file)) => Some(file.value()),
            (SecretStore::Sops, None) => Some(location),
        }?;
        // A rule reports a path that is not relative.
        (!path.starts_with(['/', '~'])).then_some(path)
    }
}

/// A use of a secret that is not declared, has another format, or is not possible there.
#[derive(Debug)]
pub(crate) struct WrongSecret {
    /// The name in the use.
    pub(crate) name: String,
    /// The format that the use needs.
    pub(crate) format: setting::Format,
}
