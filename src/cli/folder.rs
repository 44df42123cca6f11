//! The output folder: read whole, written so that each file is the old or the new one.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use homegen::output::{Change, Existing, MARK};
use tempfile::NamedTempFile;

use super::{Stop, failed};

/// How deep homegen's own folders lie, and one more, to find what a person put there.
const DEPTH: usize = 3;

/// What is in `folder`, by path with `/`. A folder that does not exist has nothing in it.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<String, Existing>, Stop> {
    let mut found = BTreeMap::new();
    match std::fs::symlink_metadata(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(failed(folder.display(), &error)),
        Ok(meta) if !meta.is_dir() && !folder.is_dir() => {
            return Err(Stop::Failed(format!("{}: is not a folder", folder.display())));
        }
        Ok(_) => {}
    }
    read_below(folder, "", DEPTH, &mut found)?;
    Ok(found)
}

fn read_below(
    folder: &Path,
    prefix: &str,
    depth: usize,
    found: &mut BTreeMap<String, Existing>,
) -> Result<(), Stop> {
    for entry in std::fs::read_dir(folder).map_err(|e| failed(folder.display(), &e))? {
        let entry = entry.map_err(|e| failed(folder.display(), &e))?;
        // A name that is not text is none of homegen's.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(|e| failed(entry.path().display(), &e))?;
        if kind.is_dir() {
            if depth > 1 {
                read_below(&entry.path(), &format!("{path}/"), depth - 1, found)?;
            }
            found.insert(path, Existing::Folder);
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path()).map_err(|e| failed(entry.path().display(), &e))?;
            found.insert(path, Existing::File(bytes));
        } else {
            found.insert(path, Existing::Other);
        }
    }
    Ok(())
}

/// Carries a plan out. All new texts are on the disk before the first one takes its place, so that a
/// full disk leaves the folder as it was.
pub(super) fn write(folder: &Path, plan: &BTreeMap<String, Change>) -> Result<(), Stop> {
    let mut ready: Vec<(NamedTempFile, PathBuf)> = Vec::new();
    for (path, change) in plan {
        let (Change::Create(text) | Change::Update { new: text, .. }) = change else { continue };
        let target = folder.join(path);
        let parent = target.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|e| failed(parent.display(), &e))?;
        let mut file = tempfile::Builder::new()
            .prefix(".homegen-")
            .permissions(readable())
            .tempfile_in(parent)
            .map_err(|e| failed(parent.display(), &e))?;
        file.write_all(text.as_bytes()).map_err(|e| failed(target.display(), &e))?;
        ready.push((file, target));
    }
    for (file, target) in ready {
        file.persist(&target).map_err(|e| failed(target.display(), &e.error))?;
    }
    for (path, _) in plan.iter().filter(|(_, c)| **c == Change::Prune) {
        let target = folder.join(path);
        // It may have become a person's since it was read.
        let still_ours = std::fs::read(&target).is_ok_and(|bytes| bytes.starts_with(MARK.as_bytes()));
        if still_ours {
            std::fs::remove_file(&target).map_err(|e| failed(target.display(), &e))?;
            if let Some(parent) = target.parent().filter(|p| *p != folder) {
                // Fails where something is left in it, which is as it should be.
                let _ = std::fs::remove_dir(parent);
            }
        }
    }
    Ok(())
}

/// 0644: what is generated is read by Nix, which may be another user.
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o644)
}

/// The way from one folder to another, such as `..`: in a repository both move together.
pub(super) fn way(from: &Path, to: &Path) -> String {
    let absolute = |path: &Path| {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let mut parts: Vec<String> = Vec::new();
        for part in whole.components() {
            match part {
                Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
                Component::ParentDir => {
                    parts.pop();
                }
                _ => {}
            }
        }
        parts
    };
    let (from, to) = (absolute(from), absolute(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - shared);
    let way: Vec<String> = up.chain(to[shared..].iter().cloned()).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

#[cfg(test)]
mod tests {
    use super::way;
    use std::path::Path;

    #[test]
    fn the_way_between_folders() {
        assert_eq!(way(Path::new("/a/b/generated"), Path::new("/a/b")), "..");
        assert_eq!(way(Path::new("/a"), Path::new("/a")), ".");
        assert_eq!(way(Path::new("/tmp/out"), Path::new("/etc/nixos")), "../../etc/nixos");
        assert_eq!(way(Path::new("/a/x/../out"), Path::new("/a")), "..");
    }
}
