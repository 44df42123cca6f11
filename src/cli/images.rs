//! `homegen images`

use std::fs::Permissions;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::{Args, Subcommand};
use homegen::lock::{self, Lock};
use homegen::printable::printable;
use sha2::{Digest, Sha256};

use super::{Input, MAX_BYTES, Stop, complain, failed, print, shown};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Write the digests of the images into compose.lock.yaml, beside the file. Needs the program skopeo and a network
    Lock(Input),
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let Action::Lock(input) = &arguments.action;
    if input.is_stdin() {
        return Err(Stop::Failed("the lock file lies beside a file: standard input has none".to_owned()));
    }
    let path = input.folder().join(lock::PATH);
    // A file that homegen cannot read may be the Compose file of another program.
    let before = read(&path)?;
    let mut images = Vec::new();
    let mut is_complete = true;
    for name in input.host(None)?.images_to_lock() {
        match digest(&name) {
            Ok(digest) => images.push((name, digest)),
            Err(Stop::Failed(why)) => {
                complain(&format!("{name}: {why}"));
                is_complete = false;
            }
            Err(stop) => return Err(stop),
        }
    }
    if !is_complete {
        return Err(Stop::Failed(format!("{} was not changed", shown(&path))));
    }
    let lock = Lock::new(images);
    let number = format!("{} image{}", lock.len(), if lock.len() == 1 { "" } else { "s" });
    if before.as_ref() == Some(&lock) {
        return print(&format!("{}: up to date, {number}\n", shown(&path)));
    }
    write(&path, &lock.text()).map_err(|error| failed(shown(&path), &error))?;
    print(&format!("{}: {number}; run `homegen build`\n", shown(&path)))
}

/// The lock file at `path`, if there is one.
pub(super) fn read(path: &Path) -> Result<Option<Lock>, Stop> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text));
    match read {
        Ok(length) if length as u64 > MAX_BYTES => {
            let why = format!("larger than {} MiB", MAX_BYTES >> 20);
            return Err(Stop::Failed(format!("{}: not a lock file: {why}\nmove the file away", shown(path))));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(shown(path), &error)),
    }
    Lock::read(&text).map(Some).map_err(|why| {
        Stop::Failed(format!(
            "{}: not a lock file: {}\nmove the file away, and run `homegen images lock`",
            shown(path),
            printable(&why)
        ))
    })
}

/// The digest of an image's index, which covers all architectures, from the registry. skopeo has the logins of
/// `podman login`, and follows registries.conf.
fn digest(name: &str) -> Result<String, Stop> {
    // The raw manifest is the same on every system: skopeo would look for an image of macOS on a Mac.
    let ran = Command::new("skopeo")
        .args(["inspect", "--raw", &format!("docker://{name}")])
        .stdin(Stdio::null())
        .output();
    let ran = match ran {
        Ok(ran) => ran,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Stop::Failed(
                "the program skopeo is missing; run this in `nix shell nixpkgs#skopeo`".to_owned(),
            ));
        }
        Err(error) => return Err(failed("skopeo", &error)),
    };
    if !ran.status.success() || ran.stdout.is_empty() {
        let text = String::from_utf8_lossy(&ran.stderr);
        let line = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("skopeo printed no manifest");
        // `time="…" level=fatal msg="…"`
        let message = line.split_once("msg=\"").and_then(|(_, rest)| rest.trim_end().strip_suffix('"'));
        return Err(Stop::Failed(message.unwrap_or(line).replace("\\\"", "\"")));
    }
    let hash = Sha256::digest(&ran.stdout);
    Ok(format!("sha256:{}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// Replaces a file in one step, on the disk before its name is.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".compose.lock.")
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
