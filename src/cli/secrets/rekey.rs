//! `homegen secrets rekey`

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use homegen::hir::{Host, Outdated};
use homegen::nixos::Encoding;
use tempfile::NamedTempFile;

use super::files::{self, Files};
use super::generate::record;
use super::{need_file, secret_host, sops};
use crate::cli::{Input, Stop, failed, print, shown};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// A private key that decrypts the files of agenix, for agenix [default: the SSH keys of the user]
    #[arg(short, long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Encrypt all files again, also those with the right recipients
    #[arg(long)]
    all: bool,
    /// Do not ask before
    #[arg(long)]
    yes: bool,
}

/// A file that is encrypted again.
struct Rekeyed {
    file: Outdated,
    before: Vec<u8>,
    after: Vec<u8>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let input = &arguments.input;
    need_file(input)?;
    let identities: Vec<PathBuf> = arguments.identity.iter().cloned().collect();
    let files = Files::new(input.folder(), &identities)?;
    let host = secret_host(input, &files)?;
    let outdated = host.outdated_files(arguments.all);
    if outdated.is_empty() {
        return print("every file is encrypted to its recipients\n");
    }
    print("encrypts again:\n")?;
    for file in &outdated {
        print(&format!("  {}: {}\n", shown(Path::new(&file.path)), file.reason))?;
    }
    if !arguments.yes && !confirm()? {
        return Err(Stop::Failed("no file was changed; run it with --yes to encrypt them".to_owned()));
    }
    // The programs work on copies, so that a failure leaves all files as they were.
    let (of_sops, of_agenix): (Vec<Outdated>, Vec<Outdated>) =
        outdated.into_iter().partition(|file| file.is_sops);
    let mut rekeyed = Vec::new();
    for file in of_sops {
        let before = read(input, &file)?;
        let after = sops::update_keys(&input.folder(), &file.path, &files)?;
        rekeyed.push(Rekeyed { file, before, after });
    }
    rekeyed.extend(with_agenix(input, &host, of_agenix, arguments.identity.as_deref())?);
    for one in &rekeyed {
        if one.after == one.before || !host.is_encrypted_to_recipients(&one.file.path, &one.after) {
            return Err(Stop::Failed(format!(
                "{} was not encrypted to its recipients, and no file was changed",
                shown(Path::new(&one.file.path))
            )));
        }
    }
    replace(input, &host, rekeyed)
}

/// Asks on a terminal.
fn confirm() -> Result<bool, Stop> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print("continue? [y/N] ")?;
    let _ = std::io::stdout().flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|error| failed("standard input", &error))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn read(input: &Input, file: &Outdated) -> Result<Vec<u8>, Stop> {
    let path = input.folder().join(&file.path);
    std::fs::read(&path).map_err(|error| failed(shown(&path), &error))
}

/// Encrypts copies of files with agenix, which does one after the other and ends at the first failure.
fn with_agenix(
    input: &Input,
    host: &Host,
    outdated: Vec<Outdated>,
    identity: Option<&Path>,
) -> Result<Vec<Rekeyed>, Stop> {
    if outdated.is_empty() {
        return Ok(Vec::new());
    }
    let copy = tempfile::tempdir().map_err(|error| failed("a temporary folder", &error))?;
    let mut rekeyed = Vec::new();
    for file in outdated {
        let target = copy.path().join(&file.name);
        let before = read(input, &file)?;
        let parent = target.parent().unwrap_or(copy.path());
        std::fs::create_dir_all(parent).map_err(|error| failed(shown(parent), &error))?;
        std::fs::write(&target, &before).map_err(|error| failed(shown(&target), &error))?;
        rekeyed.push(Rekeyed { file, before, after: Vec::new() });
    }
    // A text stays a text.
    let encoding = |bytes: &[u8]| match bytes.starts_with(b"-----BEGIN") {
        true => Encoding::Armor,
        false => Encoding::Binary,
    };
    let encodings: BTreeMap<&str, Encoding> =
        rekeyed.iter().map(|one| (one.file.name.as_str(), encoding(&one.before))).collect();
    let rules = homegen::agenix_rules(host, &input.name(), &|name| encodings.get(name).copied());
    let rules = rules.map_err(|bug| Stop::Failed(format!("internal error; please report it:\n{}", bug.0)))?;
    let path = copy.path().join("secrets.nix");
    std::fs::write(&path, rules).map_err(|error| failed(shown(&path), &error))?;
    let mut command = Command::new("agenix");
    command.arg("--rekey").current_dir(copy.path()).env("RULES", "./secrets.nix").stdout(Stdio::null());
    if let Some(identity) = identity {
        let identity = identity.canonicalize().map_err(|error| failed(shown(identity), &error))?;
        command.arg("--identity").arg(identity);
    }
    let status = command.status().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Stop::Failed(
            "the program agenix is missing; run this in `nix shell github:ryantm/agenix`".to_owned(),
        ),
        _ => failed("agenix", &error),
    })?;
    if !status.success() {
        return Err(Stop::Failed("agenix failed, and no file was changed".to_owned()));
    }
    for one in &mut rekeyed {
        let path = copy.path().join(&one.file.name);
        one.after = std::fs::read(&path).map_err(|error| failed(shown(&path), &error))?;
    }
    Ok(rekeyed)
}

/// Replaces each file in one step, once all are complete beside their places.
fn replace(input: &Input, host: &Host, rekeyed: Vec<Rekeyed>) -> Result<(), Stop> {
    let mut written: Vec<(NamedTempFile, PathBuf)> = Vec::new();
    let mut entries = Vec::new();
    for one in &rekeyed {
        let path = input.folder().join(&one.file.path);
        if read(input, &one.file)? != one.before {
            return Err(Stop::Failed(format!("{} changed meanwhile, and no file was changed", shown(&path))));
        }
        let file = files::write(&path, &one.after).map_err(|error| failed(shown(&path), &error))?;
        written.push((file, path));
        if !one.file.is_sops {
            entries.push((one.file.name.clone(), files::hash(&one.after), one.file.recipients.clone()));
        }
    }
    if let Some(folder) = host.agenix_folder().filter(|_| !entries.is_empty()) {
        record(&input.folder().join(folder), entries)?;
    }
    let number = written.len();
    for (file, path) in written {
        file.persist(&path).map_err(|error| failed(shown(&path), &error.error))?;
    }
    print(&format!("{number} file{} encrypted again\n", if number == 1 { "" } else { "s" }))
}
