//! Secrets. Their values are never read.

use serde::Serialize;

use super::{Cell, Row};

/// A secret.
#[derive(Debug, Serialize)]
pub(crate) struct Secret {
    /// The name.
    pub name: String,
    /// The program that decrypts it. `None` for a program that homegen does not know.
    pub store: Option<&'static str>,
    /// The encrypted file, relative to the compiled file.
    pub file: Option<String>,
    /// The key in the file.
    pub key: Option<String>,
    /// The path of the decrypted file.
    pub path: Option<String>,
    /// The owner and the group of the decrypted file.
    pub owner: String,
    /// The mode of the decrypted file.
    pub mode: String,
    /// The format of the content.
    pub format: &'static str,
    /// The minimum number of characters.
    pub min_length: Option<u32>,
    /// The readers.
    pub read_by: Vec<Reader>,
    /// The command that changes it, in the folder of the compiled file.
    #[serde(skip)]
    pub edit: Option<String>,
}

/// A reader of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Reader {
    /// The container, the job or the part of the file.
    pub name: String,
    /// The unit that keeps the secret in memory: a switch restarts it when the encrypted file changes.
    pub unit: Option<String>,
}

impl Row for Secret {
    const COLUMNS: &'static [&'static str] =
        &["Secret", "Store", "Encrypted file", "Decrypted file", "Owner, mode", "Read by", "Minimum length"];

    fn cells(&self) -> Vec<Cell> {
        let file = self.file.as_ref().map(|file| match &self.key {
            Some(key) => format!("{file} ({key})"),
            None => file.clone(),
        });
        vec![
            Cell::name(&self.name),
            Cell::words(self.store.unwrap_or("another program")),
            Cell::optional(&file),
            Cell::optional(&self.path),
            Cell::name(format!("{} {}", self.owner, self.mode)),
            Cell::Names(self.read_by.iter().map(|reader| reader.name.clone()).collect()),
            Cell::words(self.min_length.map(|length| length.to_string()).unwrap_or_default()),
        ]
    }
}
