//! Paths of the host, as text: nothing here looks at a disk.

use std::collections::BTreeMap;

use crate::printable::is_invisible;

/// Whether `path` is `folder` or lies in it.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path in /etc of a file of NixOS, which is in /etc/static, with a link to it in /etc.
pub(crate) fn without_static(path: &str) -> String {
    path.strip_prefix("/etc/static/").map_or_else(|| path.to_owned(), |name| format!("/etc/{name}"))
}

/// Whether `path` lies in /etc. A container with the whole of /etc or of the host in it, such as a monitor, uses no file of
/// /etc in particular.
pub(crate) fn is_inside_etc(path: &str) -> bool {
    is_below(path, "/etc") && path.trim_end_matches('/').len() > "/etc".len()
}

/// How deep a path is looked at: nobody's is deeper, and a hostile one would take long.
const MAX_DEPTH: usize = 128;

/// `path` and the folders that it lies in, the innermost first, without a slash at their ends: those of which
/// [`is_below`] holds.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let whole = path.trim_end_matches('/');
    std::iter::successors(Some(whole), |path| path.rfind('/').map(|at| &path[..at])).take(MAX_DEPTH)
}

/// Values by the folders that they belong to. Finding one takes no longer where there are many.
#[derive(Debug)]
pub(crate) struct Folders<T>(BTreeMap<String, T>);

impl<T> Folders<T> {
    /// Those of these folders. Of two for one folder the last one counts.
    pub(crate) fn of(folders: impl IntoIterator<Item = (String, T)>) -> Folders<T> {
        let trimmed = |(path, value): (String, T)| (path.trim_end_matches('/').to_owned(), value);
        Folders(folders.into_iter().map(trimmed).collect())
    }

    /// The value of the folder `path`.
    pub(crate) fn at(&self, path: &str) -> Option<&T> {
        self.0.get(path.trim_end_matches('/'))
    }

    /// The value of the folder `path`, or of the innermost folder around it.
    pub(crate) fn around(&self, path: &str) -> Option<&T> {
        ancestors(path).find_map(|folder| self.0.get(folder))
    }

    /// The values of the folders inside of `path`, which is not one of them.
    pub(crate) fn inside(&self, path: &str) -> impl Iterator<Item = &T> {
        let path = path.trim_end_matches('/');
        // The sign behind the slash is the digit zero.
        self.0.range(format!("{path}/")..format!("{path}0")).map(|(_, value)| value)
    }
}

/// An absolute path without the steps that say nothing, or lead back, and without a slash at its end.
pub(crate) fn straight(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/').filter(|step| !step.is_empty() && *step != ".") {
        match step {
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    format!("/{}", steps.join("/"))
}

/// The longest path in bytes that Linux takes, without its final NUL (PATH_MAX in path_resolution(7)).
pub(crate) const MAX_PATH: usize = 4095;

/// The longest step of a path in bytes (NAME_MAX in path_resolution(7)).
pub(crate) const MAX_NAME: usize = 255;

/// Whether a path is short enough for Linux. One line with a longer path makes systemd-tmpfiles skip its whole
/// file.
pub(crate) fn is_short_enough(path: &str) -> bool {
    path.len() <= MAX_PATH && path.split('/').all(|step| step.len() <= MAX_NAME)
}

/// Whether a path is absolute, without the steps that would make two spellings of one folder, and
/// without what no mount option or tmpfiles rule can hold. Invisible characters come from a web page, and make another folder
/// of the same looks.
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
    fn folders_are_found_as_is_below_finds_them() {
        let paths = ["/", "/a", "/a/b", "/a/b/c", "/a-b", "/a0", "/ab", "/b/a"];
        let folders = Folders::of(paths.map(|path| (path.to_owned(), path)));
        for path in paths.into_iter().chain(["/a/", "/a/b/d", "/c", "/a/b/c/d/e"]) {
            let around = paths.into_iter().filter(|folder| is_below(path, folder));
            let inside = |folder: &&str| is_below(folder, path) && *folder != path.trim_end_matches('/');
            let inside = paths.into_iter().filter(|folder| *folder != "/").filter(inside);
            assert_eq!(folders.around(path), around.max_by_key(|folder| folder.len()).as_ref(), "{path}");
            let found: Vec<&str> = folders.inside(path).copied().collect();
            let mut wanted: Vec<&str> = inside.collect();
            wanted.sort_unstable();
            assert_eq!(found, wanted, "{path}");
        }
    }
}
