//! Paths of the host, as text: nothing here looks at a disk.

/// Whether `path` is `folder` or lies in it.
pub fn is_below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How deep a path is looked at: nobody's is deeper, and a hostile one would take long.
const MAX_DEPTH: usize = 128;

/// `path` and the folders that it lies in, the innermost first, without a slash at their ends: those of which
/// [`is_below`] holds.
pub fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let whole = path.trim_end_matches('/');
    std::iter::successors(Some(whole), |path| path.rfind('/').map(|at| &path[..at])).take(MAX_DEPTH)
}

/// An absolute path without the steps that say nothing, or lead back, and without a slash at its end.
pub fn straight(path: &str) -> String {
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
pub const MAX_PATH: usize = 4095;

/// The longest step of a path in bytes (NAME_MAX in path_resolution(7)).
pub const MAX_NAME: usize = 255;

/// Whether a path is short enough for Linux. One line with a longer path makes systemd-tmpfiles skip its whole
/// file.
pub fn is_short_enough(path: &str) -> bool {
    path.len() <= MAX_PATH && path.split('/').all(|step| step.len() <= MAX_NAME)
}

/// Whether a path is absolute, without the steps that would make two spellings of one folder, and
/// without what no mount option or tmpfiles rule can hold.
pub fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && is_short_enough(path)
        && !path.contains(['\n', '\r', '\0'])
        && !path.contains("//")
        && !path.split('/').any(|part| matches!(part, "." | ".."))
}
