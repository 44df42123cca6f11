//! Secrets, and what decrypts them.

use crate::setting::{self, Agenix};
use crate::source::Span;
use crate::tree::Text;

/// What decrypts the secrets. What it needs in the output is in `src/lower/secret/`.
#[derive(Debug)]
pub(crate) enum SecretBackend {
    /// agenix.
    Agenix(Agenix),
}

impl SecretBackend {
    /// The name of the encrypted file of a secret, where the file does not say it.
    pub(crate) fn file(name: &str) -> String {
        format!("{name}.age")
    }

    /// The folder that secrets are decrypted into, each into a file of its name.
    pub(crate) fn decrypted(backend: Option<&SecretBackend>) -> &'static str {
        match backend {
            Some(SecretBackend::Agenix(_)) | None => "/run/agenix",
        }
    }

    /// The folder of the encrypted files, relative to the file that is compiled.
    pub(crate) fn folder(&self) -> &Text {
        match self {
            SecretBackend::Agenix(agenix) => &agenix.directory,
        }
    }

    /// Whether that can be a folder.
    pub(crate) fn has_folder(&self) -> bool {
        let path = self.folder().value();
        !path.trim_matches('/').is_empty() && !path.starts_with('~') && !path.contains(char::is_control)
    }

    /// The key that names the folder.
    pub(crate) fn folder_key(&self) -> &'static str {
        match self {
            SecretBackend::Agenix(_) => "agenix.directory",
        }
    }

    /// The command that creates an encrypted file, in the folder of these.
    pub(crate) fn command(&self, file: &str) -> String {
        match self {
            SecretBackend::Agenix(_) => format!("agenix -e {file}"),
        }
    }
}

/// A secret.
#[derive(Debug)]
pub(crate) struct Secret {
    /// Its encrypted file, in the folder of secrets.
    pub(crate) file: Text,
    /// Its settings.
    pub(crate) settings: setting::Secret,
    /// Where its name stands.
    pub(crate) span: Span,
    /// Whether somebody looked for its file, and it is not there.
    pub(crate) file_is_missing: bool,
}

/// A use of a secret that is not declared, or not in this format.
#[derive(Debug)]
pub(crate) struct WrongSecret {
    /// The name that is used.
    pub(crate) name: String,
    /// The format that the use needs.
    pub(crate) format: setting::Format,
}
