//! The program age, <https://age-encryption.org>. It knows all kinds of keys, and those of plugins; agenix runs it too.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use homegen::file_context::Trial;

use crate::cli::{Stop, failed, shown};

/// Runs one of the programs of age.
fn run(program: &str, command: &mut Command) -> Result<Output, Stop> {
    command.output().map_err(|error| cannot_run(program, &error))
}

fn cannot_run(program: &str, error: &std::io::Error) -> Stop {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            Stop::Failed(format!("the program {program} is missing; run this in `nix shell nixpkgs#age`"))
        }
        _ => failed(program, error),
    }
}

/// The public keys of an identity: the output of `age-keygen`, or the `.pub` file beside an SSH key. Empty if they are not
/// known, as for a key with a passphrase.
pub(super) fn public_keys(identity: &Path) -> Result<Vec<String>, Stop> {
    let ran = run("age-keygen", Command::new("age-keygen").arg("-y").arg(identity).stdin(Stdio::null()))?;
    if ran.status.success() {
        return Ok(String::from_utf8_lossy(&ran.stdout).lines().map(str::to_owned).collect());
    }
    let mut name = identity.as_os_str().to_owned();
    name.push(".pub");
    Ok(std::fs::read_to_string(name).map(|text| vec![text.trim().to_owned()]).unwrap_or_default())
}

/// Encrypts a secret to public keys. The secret is in no argument and in no file.
pub(super) fn encrypt(secret: &[u8], recipients: &[String]) -> Result<Vec<u8>, Stop> {
    let mut command = Command::new("age");
    for recipient in recipients {
        command.arg("--recipient").arg(recipient);
    }
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| cannot_run("age", &error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // age may end without reading its input; its message says why.
        let _ = stdin.write_all(secret);
    }
    let ran = child.wait_with_output().map_err(|error| failed("age", &error))?;
    if ran.status.success() && ran.stdout.starts_with(b"age-encryption.org/") {
        return Ok(ran.stdout);
    }
    let text = String::from_utf8_lossy(&ran.stderr);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it printed no file");
    Err(Stop::Failed(format!("age cannot encrypt, and no file was changed: {line}")))
}

/// True if `file` has the length of a file of age with `length` bytes of content. After the header come a nonce of 16 bytes
/// and chunks of 64 KiB with a tag of 16 bytes each (<https://age-encryption.org/v1>).
pub(super) fn is_whole(file: &[u8], length: usize) -> bool {
    const CHUNK: usize = 64 << 10;
    let end = file.windows(5).position(|bytes| bytes == b"\n--- ").map(|at| at + 5);
    let end = end.and_then(|end| Some(end + file[end..].iter().position(|byte| *byte == b'\n')? + 1));
    end.is_some_and(|end| file.len() == end + 16 + length + 16 * length.div_ceil(CHUNK).max(1))
}

/// Tries to decrypt a file. The content goes nowhere.
pub(super) fn open(file: File, identities: &[&Path]) -> Result<Trial, Stop> {
    let mut command = Command::new("age");
    command.arg("--decrypt");
    for identity in identities {
        command.arg("--identity").arg(identity);
    }
    let ran = run("age", command.stdin(file).stdout(Stdio::null()).stderr(Stdio::piped()))?;
    if ran.status.success() {
        return Ok(Trial::Opens);
    }
    let text = String::from_utf8_lossy(&ran.stderr);
    // The messages of age and of rage.
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["any of the recipients", "No matching keys found"]) {
        return Ok(Trial::Fails);
    }
    if says(&["MAC", "payload", "unexpected EOF", "nonce"]) {
        return Ok(Trial::Damaged);
    }
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("age failed");
    let names: Vec<String> = identities.iter().map(|path| shown(path)).collect();
    Err(Stop::Failed(format!("age cannot use the identity {}: {line}", names.join(", "))))
}
