//! Compose files as [`homegen::compose`] reads them. Each case is a file in `tests/it/compose/`, with a snapshot of the project
//! as canonical YAML beside it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use homegen::compose;
use homegen::diag::{Diagnostic, Diagnostics};
use homegen::project::{FileKind, Kind, Node, Origin, Origins, Project, ProjectFiles, ReadOptions, Unread};
use homegen::source::Sources;
use serde_json::{Value, json};

use crate::common::report;

/// The files of a project in memory, by path.
struct Files(HashMap<String, String>);

impl ProjectFiles for Files {
    fn read(&self, path: &str) -> Result<String, Unread> {
        if path.starts_with('/') || path.starts_with("..") {
            return Err(Unread::Outside);
        }
        let path = path.strip_prefix("./").unwrap_or(path);
        self.0.get(path).cloned().ok_or(Unread::Absent)
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        let path = path.strip_prefix("./").unwrap_or(path);
        self.0.contains_key(path).then_some(FileKind::File)
    }
}

/// The options for a project in the folder `shop`.
pub fn options<'a>(files: impl IntoIterator<Item = &'a str>) -> ReadOptions {
    let files = files.into_iter().map(str::to_owned).collect();
    ReadOptions { files, folder_name: "shop".to_owned(), ..ReadOptions::default() }
}

/// Reads a project of files in memory.
pub fn read<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    options: &ReadOptions,
) -> (Option<Project>, Sources, Vec<Diagnostic>) {
    let files = Files(files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect());
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let project = compose::read(&files, options, &mut sources, &mut diagnostics);
    let diagnostics = diagnostics.into_sorted(&sources);
    (project, sources, diagnostics)
}
