//! The content of a folder, for comparisons.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The mode and the content of everything below a folder, by path.
pub type Tree = BTreeMap<PathBuf, (u32, Vec<u8>)>;

pub fn tree(folder: &Path) -> Tree {
    let mut found = Tree::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        let meta = path.symlink_metadata().expect("it is there");
        let content = if meta.is_dir() {
            open.extend(std::fs::read_dir(&path).expect("a folder").map(|entry| entry.unwrap().path()));
            Vec::new()
        } else if meta.is_symlink() {
            std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else {
            std::fs::read(&path).unwrap()
        };
        found.insert(path.strip_prefix(folder).unwrap().to_path_buf(), (meta.mode(), content));
    }
    found
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.unwrap().file_name().into_string().expect("text"))
        .collect();
    names.sort();
    names
}
