//! Encrypted files in memory, for the rules of `homegen secrets audit`.

use std::collections::BTreeMap;
use std::path::Path;

use homegen::file_context::{EncryptedFiles, FoundFile, SopsConfiguration, Trial};
use homegen::recipient_record::RecipientRecord;
use homegen::sops::CONFIGURATION;

/// The files beside a `homeserver.yaml`, by path.
pub struct StoredFiles(pub BTreeMap<String, String>);

impl StoredFiles {
    /// The files in a folder that stand in it directly.
    pub fn of(folder: &Path) -> StoredFiles {
        let entries = std::fs::read_dir(folder).expect("a folder").flatten();
        let files = entries.filter(|entry| entry.path().is_file()).map(|entry| {
            let name = entry.file_name().into_string().expect("a name in UTF-8");
            (name, std::fs::read(entry.path()).expect("a file"))
        });
        let text = |(name, bytes): (String, Vec<u8>)| (name, String::from_utf8_lossy(&bytes).into_owned());
        StoredFiles(files.map(text).collect())
    }
}

impl EncryptedFiles for StoredFiles {
    fn read(&self, path: &str, _: usize) -> FoundFile {
        let file = |text: &String| FoundFile::File(text.clone().into_bytes(), String::new());
        self.0.get(path).map_or(FoundFile::Absent, file)
    }

    fn below(&self, folder: &str) -> Vec<String> {
        self.0.keys().filter(|path| path.starts_with(&format!("{folder}/"))).cloned().collect()
    }

    fn record(&self, _: &str) -> Option<RecipientRecord> {
        None
    }

    fn sops_configuration(&self) -> Option<SopsConfiguration> {
        let text = self.0.get(CONFIGURATION)?.clone();
        Some(SopsConfiguration { to_source: String::new(), text })
    }

    fn identities(&self) -> Vec<String> {
        Vec::new()
    }

    fn try_identities(&self, _: &str) -> Trial {
        Trial::None
    }
}
