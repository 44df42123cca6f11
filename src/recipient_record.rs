//! The record of recipients, `recipients.json` in the folder of agenix. `homegen secrets generate` and `rekey` write it,
//! because a file does not show the age keys that it is encrypted to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The name of the file.
pub const PATH: &str = "recipients.json";

/// The version of the format.
const VERSION: u32 = 1;

/// The value of `generated`, the first key.
const GENERATED: &str = "by `homegen secrets`: the recipients of the files that it encrypted";

/// The recorded files, by path in the folder of agenix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecipientRecord(BTreeMap<String, Recorded>);

/// A recorded file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Recorded {
    /// The SHA-256 hash of the encrypted file. The record does not apply to a file with another hash.
    sha256: String,
    /// The public keys, sorted.
    recipients: Vec<String>,
}

/// The file, as serde reads it. Unknown keys are for later versions.
#[derive(Serialize, Deserialize)]
struct File {
    generated: String,
    version: u32,
    files: BTreeMap<String, Recorded>,
}

impl RecipientRecord {
    /// Parses a record. Fails with the reason.
    pub fn read(text: &str) -> Result<RecipientRecord, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match file.version {
            VERSION => Ok(RecipientRecord(file.files)),
            other => Err(format!("version {other} of the format, expected {VERSION}")),
        }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let file = File { generated: GENERATED.to_owned(), version: VERSION, files: self.0.clone() };
        // A map of texts is always valid JSON.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Records a file with its hash.
    pub fn set(&mut self, path: &str, sha256: String, recipients: impl IntoIterator<Item = String>) {
        let mut recipients: Vec<String> = recipients.into_iter().collect();
        recipients.sort();
        recipients.dedup();
        self.0.insert(path.to_owned(), Recorded { sha256, recipients });
    }

    /// Drops the files for which `is_kept` does not hold.
    pub fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.0.retain(|path, _| is_kept(path));
    }

    /// The recorded recipients of a file with this hash.
    pub(crate) fn of(&self, path: &str, sha256: &str) -> Option<&[String]> {
        self.0.get(path).filter(|file| file.sha256 == sha256).map(|file| file.recipients.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_applies_to_a_file_with_the_recorded_hash_only() {
        let mut record = RecipientRecord::default();
        record.set("db.age", "ab".to_owned(), ["age1b".to_owned(), "age1a".to_owned()]);
        let read = RecipientRecord::read(&record.text()).unwrap();
        assert_eq!(read, record);
        assert_eq!(read.of("db.age", "ab").unwrap(), ["age1a", "age1b"]);
        assert_eq!(read.of("db.age", "cd"), None);
        assert!(RecipientRecord::read(&record.text().replace("\"version\": 1", "\"version\": 2")).is_err());
        assert!(RecipientRecord::read("[]").is_err());
    }
}
