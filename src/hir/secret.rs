//! Secrets, and the program that decrypts them.

use crate::setting::{self, Agenix};
use crate::source::Span;
use crate::tree::Text;

/// The program that decrypts the secrets. Its output is in `src/lower/secret/`.
#[derive(Debug)]
pub(crate) enum SecretBackend {
    /// agenix.
    Agenix(Agenix),
}

impl SecretBackend {
    /// The default name of a secret's encrypted file.
    pub(crate) fn file(name: &str) -> String {
        format!("{name}.age")
    }

    /// The folder of the decrypted secrets. Each is a file with the secret's name.
    pub(crate) fn decrypted(backend: Option<&SecretBackend>) -> &'static str {
        match backend {
            Some(SecretBackend::Agenix(_)) | None => "/run/agenix",
        }
    }

    /// The folder of the encrypted files, relative to the compiled file.
    pub(crate) fn folder(&self) -> &Text {
        match self {
            SecretBackend::Agenix(agenix) => &agenix.directory,
        }
    }

    /// True if the folder's path is valid.
    pub(crate) fn has_folder(&self) -> bool {
        let path = self.folder().value();
        !path.trim_matches('/').is_empty() && !path.starts_with('~') && !path.contains(char::is_control)
    }

    /// The key of the folder.
    pub(crate) fn folder_key(&self) -> &'static str {
        match self {
            SecretBackend::Agenix(_) => "agenix.directory",
        }
    }

    /// The command that creates an encrypted file, to be run in the folder of the encrypted files.
    pub(crate) fn command(&self, file: &str) -> String {
        match self {
            SecretBackend::Agenix(_) => format!("agenix -e {file}"),
        }
    }
}

/// A secret.
#[derive(Debug)]
pub(crate) struct Secret {
    /// The encrypted file, in the folder of secrets.
    pub(crate) file: Text,
    /// The settings.
    pub(crate) settings: setting::Secret,
    /// The span of the name.
    pub(crate) span: Span,
    /// True if the caller checked for the file and it does not exist.
    pub(crate) file_is_missing: bool,
}

/// A use of a secret that is not declared, or has another format.
#[derive(Debug)]
pub(crate) struct WrongSecret {
    /// The name in the use.
    pub(crate) name: String,
    /// The format that the use needs.
    pub(crate) format: setting::Format,
}
