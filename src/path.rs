//! Paths of the host as text, without access to a disk.

use std::collections::BTreeMap;

use crate::printable::is_invisible;

/// Reports whether `path` is `folder` or is inside it.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `path` relative to `folder`, if it is in it. Empty for the folder itself.
pub(crate) fn inside<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    is_below(path, folder).then(|| path[folder.trim_end_matches('/').len()..].trim_matches('/'))
}

/// The path in /etc of a file in /etc/static. NixOS links /etc to files in /etc/static.
pub(crate) fn without_static(path: &str) -> String {
    path.strip_prefix("/etc/static/").map_or_else(|| path.to_owned(), |name| format!("/etc/{name}"))
}

/// Reports whether `path` is inside /etc. A container that mounts all of /etc or the host, such as a monitor, depends on no
/// particular file of /etc.
pub(crate) fn is_inside_etc(path: &str) -> bool {
    is_below(path, "/etc") && path.trim_end_matches('/').len() > "/etc".len()
}

/// The most parts of a path that are compared. Real paths are shorter, and a hostile path could be slow.
const MAX_DEPTH: usize = 128;

/// `path` and the folders that contain it, the innermost first, without trailing slashes. [`is_below`] holds for each.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let whole = path.trim_end_matches('/');
    std::iter::successors(Some(whole), |path| path.rfind('/').map(|at| &path[..at])).take(MAX_DEPTH)
}

/// Values by folder. A lookup is fast even with many folders.
#[derive(Debug)]
pub(crate) struct Folders<T>(BTreeMap<String, T>);

impl<T> Folders<T> {
    /// Creates the index. The last of several values for one folder counts.
    pub(crate) fn of(folders: impl IntoIterator<Item = (String, T)>) -> Folders<T> {
        let trimmed = |(path, value): (String, T)| (path.trim_end_matches('/').to_owned(), value);
        Folders(folders.into_iter().map(trimmed).collect())
    }

    /// The value of the folder `path`.
    pub(crate) fn at(&self, path: &str) -> Option<&T> {
        self.0.get(path.trim_end_matches('/'))
    }

    /// The value of the folder `path`, or of the innermost folder that contains it.
    pub(crate) fn innermost(&self, path: &str) -> Option<&T> {
        self.around(path).next()
    }

    /// The values of the folder `path` and of the folders that contain it, the innermost first.
    pub(crate) fn around(&self, path: &str) -> impl Iterator<Item = &T> {
        ancestors(path).filter_map(|folder| self.0.get(folder))
    }

    /// True if there is no folder.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values of the folders inside `path`, excluding `path`.
    pub(crate) fn below(&self, path: &str) -> impl Iterator<Item = &T> {
        let path = path.trim_end_matches('/');
        // The character after the slash in ASCII is the digit zero.
        self.0.range(format!("{path}/")..format!("{path}0")).map(|(_, value)| value)
    }
}

/// Normalizes an absolute path: without `.`, `..`, empty parts and a trailing slash.
pub(crate) fn normalized(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/').filter(|step| !step.is_empty() && *step != ".") {
        match step {
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    format!("/{}", steps.join("/"))
}

/// The longest path in bytes that Linux accepts, without its final NUL (PATH_MAX in path_resolution(7)).
pub(crate) const MAX_PATH: usize = 4095;

/// The longest part of a path in bytes (NAME_MAX in path_resolution(7)).
pub(crate) const MAX_NAME: usize = 255;

/// Reports whether a path is short enough for Linux. One longer path makes systemd-tmpfiles skip the whole configuration
/// file.
pub(crate) fn is_short_enough(path: &str) -> bool {
    path.len() <= MAX_PATH && path.split('/').all(|step| step.len() <= MAX_NAME)
}

/// Reports whether a path is absolute and normalized, so that each folder has one spelling, and fits into mount options and
/// tmpfiles rules. Invisible characters, which come with text copied from web pages, would create another folder with the
/// same look.
pub(crate) fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && is_short_enough(path)
        && !path.contains(['\n', '\r', '\0'])
        && !path.contains(is_invisible)
        && !path.contains("//")
        && !path.split('/').any(|part| matches!(part, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_lookups_agree_with_is_below() {
        let paths = ["/", "/a", "/a/b", "/a/b/c", "/a-b", "/a0", "/ab", "/b/a"];
        let folders = Folders::of(paths.map(|path| (path.to_owned(), path)));
        for path in paths.into_iter().chain(["/a/", "/a/b/d", "/c", "/a/b/c/d/e"]) {
            let around = paths.into_iter().filter(|folder| is_below(path, folder));
            let inside = |folder: &&str| is_below(folder, path) && *folder != path.trim_end_matches('/');
            let inside = paths.into_iter().filter(|folder| *folder != "/").filter(inside);
            assert_eq!(folders.innermost(path), around.max_by_key(|folder| folder.len()).as_ref(), "{path}");
            let found: Vec<&str> = folders.below(path).copied().collect();
            let mut wanted: Vec<&str> = inside.collect();
            wanted.sort_unstable();
            assert_eq!(found, wanted, "{path}");
        }
    }
}
