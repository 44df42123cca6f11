//! Paths of the host, as text: nothing here looks at a disk.

/// Whether `path` is `folder` or lies in it.
pub fn is_below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a path is absolute, without the steps that would make two spellings of one folder, and
/// without what no mount option or tmpfiles rule can hold.
pub fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains(['\n', '\r', '\0'])
        && !path.contains("//")
        && !path.split('/').any(|part| matches!(part, "." | ".."))
}
