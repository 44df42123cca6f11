//! The program sops, <https://getsops.io>. It works on copies of the files, and a file is replaced in one step.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use homegen::file_context::EncryptedFiles;
use homegen::sops;
use serde_json::Value;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::files::{self, Files};
use crate::cli::{Stop, failed, shown};

/// A copy of a file, with the configuration of sops in the same place relative to it: the rules name paths.
struct Copy {
    folder: TempDir,
    path: PathBuf,
    has_configuration: bool,
}

impl Copy {
    /// Copies the file at `path` below `folder`. The copy of a missing file is missing.
    fn new(folder: &Path, path: &str, files: &Files) -> Result<Copy, Stop> {
        let copy = tempfile::tempdir().map_err(|error| failed("a temporary folder", &error))?;
        let configuration = files.sops_configuration();
        let to_source = configuration.as_ref().map(|found| found.to_source.clone()).unwrap_or_default();
        let below = homegen::sops::joined(&to_source, path);
        if below.starts_with("..") {
            return Err(Stop::Failed(format!("{path}: outside the folder of {}", sops::CONFIGURATION)));
        }
        let at = |path: &Path, error: &std::io::Error| failed(shown(path), error);
        if let Some(found) = &configuration {
            let path = copy.path().join(sops::CONFIGURATION);
            std::fs::write(&path, &found.text).map_err(|error| at(&path, &error))?;
        }
        let target = copy.path().join(below);
        let parent = target.parent().unwrap_or(copy.path());
        std::fs::create_dir_all(parent).map_err(|error| at(parent, &error))?;
        let source = folder.join(path);
        match std::fs::copy(&source, &target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(at(&source, &error)),
            _ => {}
        }
        Ok(Copy { folder: copy, path: target, has_configuration: configuration.is_some() })
    }

    /// Runs sops with `input`, and fails with its message.
    fn run<S: AsRef<OsStr>>(&self, arguments: &[S], input: &[u8]) -> Result<Output, Stop> {
        let mut command = Command::new("sops");
        if self.has_configuration {
            command.arg("--config").arg(self.folder.path().join(sops::CONFIGURATION));
        }
        let spawned = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = spawned.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Stop::Failed("the program sops is missing; run this in `nix shell nixpkgs#sops`".to_owned())
            }
            _ => failed("sops", &error),
        })?;
        if let Some(mut stdin) = child.stdin.take() {
            // sops may end without reading its input; its message says why.
            let _ = stdin.write_all(input);
        }
        let ran = child.wait_with_output().map_err(|error| failed("sops", &error))?;
        match ran.status.success() {
            true => Ok(ran),
            false => {
                let text = String::from_utf8_lossy(&ran.stderr);
                let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(4).collect();
                Err(Stop::Failed(format!("sops failed, and no file was changed: {}", lines.join("\n"))))
            }
        }
    }

    /// The bytes of the copy.
    fn bytes(&self) -> Result<Vec<u8>, Stop> {
        std::fs::read(&self.path).map_err(|error| failed(shown(&self.path), &error))
    }
}

/// The file with its data key encrypted to the recipients in the configuration.
pub(super) fn update_keys(folder: &Path, path: &str, files: &Files) -> Result<Vec<u8>, Stop> {
    let copy = Copy::new(folder, path, files)?;
    copy.run(&[OsStr::new("updatekeys"), OsStr::new("--yes"), copy.path.as_os_str()], b"")?;
    copy.bytes()
}

/// A secret for a file: the key with its nested keys, and the value. Without a key, it is the whole file.
pub(super) type Entry = (Vec<String>, Zeroizing<Vec<u8>>);

/// Adds secrets to a file that does not have them.
pub(super) fn add(
    folder: &Path,
    path: &str,
    is_new: bool,
    entries: &[Entry],
    files: &Files,
) -> Result<(), Stop> {
    let copy = Copy::new(folder, path, files)?;
    let target = folder.join(path);
    let file = copy.path.as_os_str();
    let written = if is_new {
        let mut tree = Tree::default();
        entries.iter().for_each(|(keys, value)| tree.insert(keys, value));
        let arguments = [OsStr::new("encrypt"), OsStr::new("--filename-override"), file];
        let ran = match entries {
            [(keys, value)] if keys.is_empty() => copy.run(&arguments, value)?,
            _ => {
                let mut plain = room(entries);
                // JSON is YAML too.
                tree.write(&mut plain);
                copy.run(&arguments, plain.as_bytes())?
            }
        };
        let parent = target.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|error| failed(shown(parent), &error))?;
        // Another program may have created the file meanwhile: it stays.
        let beside = files::write(&target, &ran.stdout);
        beside.and_then(|file| file.persist_noclobber(&target).map_err(|error| error.error))
    } else {
        for (keys, value) in entries {
            let name = |key: &String| format!("[{}]", Value::from(key.as_str()));
            let index: String = keys.iter().map(name).collect();
            let mut json = room(entries);
            Tree::Value(value).write(&mut json);
            let arguments = [OsStr::new("set"), OsStr::new("--value-stdin"), file, OsStr::new(&index)];
            copy.run(&arguments, json.as_bytes())?;
        }
        let beside = files::write(&target, &copy.bytes()?);
        beside.and_then(|file| file.persist(&target).map_err(|error| error.error))
    };
    written.map(drop).map_err(|error| failed(shown(&target), &error))
}

/// A text with room for a file, so that no part of it is left behind when the text grows. A character has at most six bytes in
/// JSON.
fn room(entries: &[Entry]) -> Zeroizing<String> {
    let keys = entries.iter().flat_map(|(keys, _)| keys.iter().map(|key| key.len() + 8)).sum::<usize>();
    let values = entries.iter().map(|(_, value)| value.len() + 16).sum::<usize>();
    Zeroizing::new(String::with_capacity(6 * (keys + values)))
}

/// Nested keys with their values.
enum Tree<'a> {
    Value(&'a [u8]),
    Keys(BTreeMap<&'a str, Tree<'a>>),
}

impl Default for Tree<'_> {
    fn default() -> Self {
        Tree::Keys(BTreeMap::new())
    }
}

impl<'a> Tree<'a> {
    fn insert(&mut self, keys: &'a [String], value: &'a [u8]) {
        match (self, keys) {
            (tree, []) => *tree = Tree::Value(value),
            (Tree::Keys(map), [first, rest @ ..]) => map.entry(first).or_default().insert(rest, value),
            // One secret is at a key, and another below it: sops-nix reports that.
            (Tree::Value(_), _) => {}
        }
    }

    /// Writes JSON. The value of a secret is UTF-8.
    fn write(&self, text: &mut String) {
        match self {
            Tree::Value(value) => {
                text.push('"');
                for letter in String::from_utf8_lossy(value).chars() {
                    match letter {
                        '"' | '\\' => text.extend(['\\', letter]),
                        // YAML does not allow the other control characters, and folds some of the line breaks.
                        letter
                            if letter.is_control()
                                || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}') =>
                        {
                            text.push_str(&format!("\\u{:04x}", u32::from(letter)));
                        }
                        letter => text.push(letter),
                    }
                }
                text.push('"');
            }
            Tree::Keys(keys) => {
                text.push('{');
                for (at, (key, tree)) in keys.iter().enumerate() {
                    text.extend((at > 0).then_some(','));
                    text.push_str(&Value::from(*key).to_string());
                    text.push(':');
                    tree.write(text);
                }
                text.push('}');
            }
        }
    }
}
