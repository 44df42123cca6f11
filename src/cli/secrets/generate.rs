//! `homegen secrets generate`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use homegen::hir::{Missing, MissingFile};
use homegen::recipient_record;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::files::{self, Files};
use super::{age, need_file, secret_host, sops};
use crate::cli::{Input, Stop, failed, print, shown};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Only list the secrets that would be created
    #[arg(long)]
    dry_run: bool,
}

/// A file that is complete beside its place.
struct Written {
    file: NamedTempFile,
    path: PathBuf,
    /// The line for the user.
    line: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let input = &arguments.input;
    need_file(input)?;
    let files = Files::new(input.folder(), &[])?;
    let host = secret_host(input, &files)?;
    let missing = host.missing_secrets();
    if missing.is_empty() {
        return print("no secret with `generate` is missing\n");
    }
    if arguments.dry_run {
        return missing.iter().try_for_each(|one| print(&format!("would create {}\n", line(one))));
    }
    // Every secret is encrypted before the first file is written.
    let mut encrypted = Vec::new();
    let mut of_sops: BTreeMap<&str, (bool, Vec<sops::Entry>)> = BTreeMap::new();
    for one in &missing {
        let content = random(one.length, &one.alphabet)?;
        match &one.file {
            MissingFile::Agenix { recipients, .. } => {
                encrypted.push((one, age::encrypt(&content, recipients)?))
            }
            MissingFile::Sops { index, is_new } => {
                of_sops.entry(&one.path).or_insert((*is_new, Vec::new())).1.push((index.clone(), content));
            }
        }
    }
    let mut written = Vec::new();
    let mut records: BTreeMap<PathBuf, Vec<(String, String, Vec<String>)>> = BTreeMap::new();
    for (one, bytes) in &encrypted {
        let MissingFile::Agenix { folder, name, recipients } = &one.file else { continue };
        let path = input.folder().join(&one.path);
        let parent = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(|error| failed(shown(parent), &error))?;
        let file = files::write(&path, bytes).map_err(|error| failed(shown(&path), &error))?;
        let record = records.entry(input.folder().join(folder)).or_default();
        record.push((name.clone(), files::hash(bytes), recipients.clone()));
        written.push(Written { file, path, line: line(one) });
    }
    // A record of a file that is not there yet does no harm; a file without its record is not certain.
    for (folder, entries) in records {
        record(&folder, entries)?;
    }
    for Written { file, path, line } in written {
        // Another program may have created the file meanwhile: it stays.
        file.persist_noclobber(&path).map_err(|error| failed(shown(&path), &error.error))?;
        print(&format!("created {line}\n"))?;
    }
    for (path, (is_new, entries)) in of_sops {
        sops::add(&input.folder(), path, is_new, &entries, &files)?;
    }
    for one in missing.iter().filter(|one| matches!(one.file, MissingFile::Sops { .. })) {
        print(&format!("created {}\n", line(one)))?;
    }
    print("add the files to Git: a flake sees only files that Git tracks\n")
}

/// A secret in a line for the user.
fn line(one: &Missing) -> String {
    let name = match &one.file {
        MissingFile::Agenix { .. } => one.path.clone(),
        MissingFile::Sops { index, .. } => format!("{} in {}", index.join("/"), one.path),
    };
    let keys = match &one.file {
        MissingFile::Agenix { recipients, .. } if recipients.len() == 1 => ", encrypted to 1 key".to_owned(),
        MissingFile::Agenix { recipients, .. } => format!(", encrypted to {} keys", recipients.len()),
        MissingFile::Sops { .. } => String::new(),
    };
    format!("{}: {} characters{keys}", shown(Path::new(&name)), one.length)
}

/// Adds entries to the record of recipients in a folder: the path, the hash and the recipients of each file.
pub(super) fn record(folder: &Path, entries: Vec<(String, String, Vec<String>)>) -> Result<(), Stop> {
    let mut record = files::record(folder)?;
    // The recipients of a removed file are of no use.
    record.retain(|name| folder.join(name).exists());
    for (name, hash, recipients) in entries {
        record.set(&name, hash, recipients);
    }
    let path = folder.join(recipient_record::PATH);
    let file = files::write(&path, record.text().as_bytes());
    let done = file.and_then(|file| file.persist(&path).map_err(|error| error.error));
    done.map(drop).map_err(|error| failed(shown(&path), &error))
}

/// Random characters of an alphabet, from the generator of the operating system.
fn random(length: usize, alphabet: &[u8]) -> Result<Zeroizing<Vec<u8>>, Stop> {
    // Bytes from this limit on would make the first characters more frequent.
    let limit = 256 - 256 % alphabet.len().max(1);
    let mut text = Zeroizing::new(Vec::with_capacity(length));
    let mut bytes = Zeroizing::new([0u8; 64]);
    while text.len() < length {
        getrandom::fill(bytes.as_mut_slice())
            .map_err(|error| Stop::Failed(format!("no random numbers from the operating system: {error}")))?;
        let fair = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < limit);
        let left = length - text.len();
        text.extend(fair.filter_map(|byte| alphabet.get(byte % alphabet.len())).take(left));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_characters_are_of_the_alphabet_and_equally_frequent() {
        let Ok(text) = random(300_000, b"abc") else { panic!("no random numbers") };
        assert_eq!(text.len(), 300_000);
        for letter in b"abc" {
            let count = text.iter().filter(|one| *one == letter).count();
            // Ten standard deviations.
            assert!(count.abs_diff(100_000) < 2_600, "{count}");
        }
        let Ok(other) = random(40, b"0123456789abcdef") else { panic!("no random numbers") };
        assert!(other.iter().all(|letter| b"0123456789abcdef".contains(letter)));
        assert_eq!(random(0, b"ab").map(|text| text.len()).unwrap_or(1), 0);
    }
}
