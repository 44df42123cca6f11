//! `homegen secrets encrypt`

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use clap::Args;
use homegen::hir::{Host, MissingFile, Place};

use super::files::{self, Files};
use super::generate::record;
use super::plain::{PlainFolder, PlainSecret};
use super::{age, need_file, secret_host, sops};
use crate::cli::{Input, Stop, failed, print, shown};

#[derive(Args)]
pub(super) struct Arguments {
    /// The folder of the secrets, each in a file with its name, such as NAME-import/secrets
    folder: PathBuf,
    #[command(flatten)]
    input: Input,
}

/// A secret for a file of agenix.
struct ForAgenix {
    secret: PlainSecret,
    path: String,
    folder: String,
    name: String,
    recipients: Vec<String>,
}

/// The secrets for the file of sops at a path.
type ForSops = BTreeMap<String, (bool, Vec<(Vec<String>, PlainSecret)>)>;

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let input = &arguments.input;
    need_file(input)?;
    let files = Files::new(input.folder(), &[])?;
    let mut host = secret_host(input, &files)?;
    let plain = PlainFolder::open(&arguments.folder)?;
    let mut left = Vec::new();
    let (of_agenix, of_sops) = sort(&host, &plain, input, &files, &mut left)?;
    let count = of_agenix.len() + of_sops.values().map(|(_, entries)| entries.len()).sum::<usize>();
    with_agenix(input, &mut host, &files, &plain, of_agenix)?;
    for (path, (is_new, entries)) in of_sops {
        with_sops(input, &mut host, &files, &plain, (&path, is_new, entries))?;
    }
    if count > 0 {
        print("add the files to Git: a flake sees only files that Git tracks\n")?;
    }
    if left.is_empty() {
        if count == 0 {
            print(&format!("{}: no secret in plain text\n", shown(&arguments.folder)))?;
        }
        plain.remove_if_empty();
        return Ok(());
    }
    Err(Stop::Failed(left.join("\n")))
}

/// Reads the secrets, and finds their files. Adds the reasons for files that are left to `left`.
fn sort(
    host: &Host,
    plain: &PlainFolder,
    input: &Input,
    files: &Files,
    left: &mut Vec<String>,
) -> Result<(Vec<ForAgenix>, ForSops), Stop> {
    let mut places: HashMap<&str, Place> = host.secret_places().collect();
    let (mut of_agenix, mut of_sops) = (Vec::new(), ForSops::new());
    let mut owners: HashMap<(String, Vec<String>), String> = HashMap::new();
    let mut without_recipients = Vec::new();
    for name in plain.names()? {
        let place = name.to_str().and_then(|name| Some((name, places.remove(name)?)));
        let Some((name, place)) = place else {
            let path = shown(&plain.path(&name.to_string_lossy()));
            left.push(format!("{path}: not a secret of {}; left as it is", shown(&input.file)));
            continue;
        };
        let path = shown(&plain.path(name));
        let (file, missing) = match place {
            Place::Missing(file, missing) => (file, missing),
            Place::Taken(file) => {
                let file = shown(&input.folder().join(file));
                left.push(format!(
                    "{path}: left as it is, because {file} exists; if that has the secret, run `shred -u {path}`"
                ));
                continue;
            }
            Place::NoStore => {
                left.push(format!("{path}: left as it is, because homegen does not encrypt `{name}`"));
                continue;
            }
        };
        let index = match &missing {
            MissingFile::Agenix { .. } => Vec::new(),
            MissingFile::Sops { index, .. } => index.clone(),
        };
        if let Some(other) = owners.insert((file.clone(), index), name.to_owned()) {
            return Err(Stop::Failed(format!(
                "`{other}` and `{name}` have the same encrypted file {}; no file was changed",
                shown(Path::new(&file))
            )));
        }
        let secret = plain.read(name)?;
        match missing {
            MissingFile::Agenix { recipients, .. } if recipients.is_empty() => {
                without_recipients.push(name.to_owned());
            }
            MissingFile::Agenix { folder, name, recipients } => {
                of_agenix.push(ForAgenix { secret, path: file, folder, name, recipients });
            }
            MissingFile::Sops { index, is_new } => {
                if !index.is_empty() && std::str::from_utf8(&secret.content).is_err() {
                    return Err(Stop::Failed(format!("{path}: not UTF-8 text; no file was changed")));
                }
                of_sops.entry(file).or_insert((is_new, Vec::new())).1.push((index, secret));
            }
        }
    }
    if !without_recipients.is_empty() {
        return Err(Stop::Failed(format!(
            "no file was changed, because {} {} no recipients; add `recipients` to `agenix` in {}: your public key \
             and the key of the host (`cat /etc/ssh/ssh_host_ed25519_key.pub` there)",
            without_recipients.join(", "),
            if without_recipients.len() == 1 { "has" } else { "have" },
            shown(&input.file)
        )));
    }
    let is_new_for_sops = of_sops.values().any(|(is_new, _)| *is_new);
    if is_new_for_sops && homegen::file_context::EncryptedFiles::sops_configuration(files).is_none() {
        files.check()?;
        return Err(Stop::Failed(
            "no file was changed, because sops has no recipients; write a rule into .sops.yaml, beside the file or \
             above it"
                .to_owned(),
        ));
    }
    Ok((of_agenix, of_sops))
}

/// Encrypts all secrets of agenix before the first file is written.
fn with_agenix(
    input: &Input,
    host: &mut Host,
    files: &Files,
    plain: &PlainFolder,
    secrets: Vec<ForAgenix>,
) -> Result<(), Stop> {
    let mut written = Vec::new();
    let mut records: BTreeMap<PathBuf, Vec<(String, String, Vec<String>)>> = BTreeMap::new();
    for one in secrets {
        let bytes = age::encrypt(&one.secret.content, &one.recipients)?;
        let path = input.folder().join(&one.path);
        if !age::is_whole(&bytes, one.secret.content.len()) {
            return Err(Stop::Failed(format!(
                "{}: age printed a file of another length, and no file was changed",
                shown(&path)
            )));
        }
        written.push((one, path, bytes));
    }
    let mut complete = Vec::new();
    for (one, path, bytes) in written {
        let parent = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(|error| failed(shown(parent), &error))?;
        let file = files::write(&path, &bytes).map_err(|error| failed(shown(&path), &error))?;
        let entries = records.entry(input.folder().join(&one.folder)).or_default();
        entries.push((one.name.clone(), files::hash(&bytes), one.recipients.clone()));
        complete.push((one, path, bytes, file));
    }
    // A record of a file that is not there yet does no harm; a file without its record is not certain.
    for (folder, entries) in records {
        record(&folder, entries)?;
    }
    let mut done = Vec::new();
    for (one, path, bytes, file) in complete {
        // Another program may have created the file meanwhile: it stays.
        file.persist_noclobber(&path).map_err(|error| failed(shown(&path), &error.error))?;
        done.push((one, path, bytes));
    }
    homegen::read_encrypted_files(host, files);
    files.check()?;
    for (mut one, path, bytes) in done {
        let is_same = std::fs::read(&path).is_ok_and(|read| read == bytes);
        if !is_same || !host.is_sound(&one.path) {
            return Err(not_verified(&path, plain));
        }
        sync_folder(&path);
        plain.remove(&mut one.secret)?;
        let keys = match one.recipients.len() {
            1 => "1 key".to_owned(),
            count => format!("{count} keys"),
        };
        removed(&one.secret, plain, &format!("{}, for {keys}", shown(Path::new(&one.path))))?;
    }
    Ok(())
}

/// Adds secrets to a file of sops.
fn with_sops(
    input: &Input,
    host: &mut Host,
    files: &Files,
    plain: &PlainFolder,
    (path, is_new, secrets): (&str, bool, Vec<(Vec<String>, PlainSecret)>),
) -> Result<(), Stop> {
    let entries: Vec<sops::Entry> =
        secrets.iter().map(|(index, secret)| (index.clone(), secret.content.clone())).collect();
    sops::add(&input.folder(), path, is_new, &entries, files)?;
    homegen::read_encrypted_files(host, files);
    files.check()?;
    let shown_path = input.folder().join(path);
    let places: HashMap<&str, Place> = host.secret_places().collect();
    let is_there = |secret: &PlainSecret| matches!(places.get(secret.name.as_str()), Some(Place::Taken(_)));
    if !host.is_sound(path) || !secrets.iter().all(|(_, secret)| is_there(secret)) {
        return Err(not_verified(&shown_path, plain));
    }
    sync_folder(&shown_path);
    for (_, mut secret) in secrets {
        plain.remove(&mut secret)?;
        removed(&secret, plain, &shown(Path::new(path)))?;
    }
    Ok(())
}

fn removed(secret: &PlainSecret, plain: &PlainFolder, into: &str) -> Result<(), Stop> {
    print(&format!("encrypted {} into {into}\n", shown(&plain.path(&secret.name))))
}

fn not_verified(path: &Path, plain: &PlainFolder) -> Stop {
    Stop::Failed(format!(
        "{}: not encrypted to its recipients; the secrets in {} were not removed",
        shown(path),
        shown(&plain.path(""))
    ))
}

/// Writes the name of a file to the disk, before the plain text is removed.
fn sync_folder(path: &Path) {
    let folder = path.parent().and_then(|folder| std::fs::File::open(folder).ok());
    // Some file systems do not support it.
    let _ = folder.map(|folder| folder.sync_all());
}
