//! `include` of other projects (compose-go, loader/include.go): each has its own folder and `.env`, and the including file
//! merges over it.

use super::model::Model;
use super::paths::{folder, join, plain};
use super::tree::{Tree, take};
use super::{Context, Reader, merge};
use crate::diag::{Code, Diagnostic};
use crate::project::{FileKind, Kind, Node};
use crate::source::Span;

/// The most files that include each other in a row.
const MAX_INCLUDED: usize = 100;

/// The nodes that an `include` counts as, besides those of its files.
const INCLUDE: usize = 20;

/// One entry of `include`.
struct Include {
    /// The files, merged in order.
    paths: Vec<(String, Span)>,
    project_directory: Option<String>,
    env_files: Vec<(String, Span)>,
}

impl Reader<'_> {
    /// Merges a document over the files that it includes.
    pub(super) fn include(&mut self, own: &mut Model, tree: &Tree, path: &str, context: &Context) {
        let Some((_, node)) = own.others.iter().find(|(key, _)| key == "include") else { return };
        let includes = self.includes(&node.clone());
        let mut all = Model::default();
        for include in includes {
            let Some((first, at)) = include.paths.first().cloned() else { continue };
            let first = join(".", &join(&context.folder, &first));
            let mut including = context.including.clone();
            including.push((plain(path).to_owned(), Some(at)));
            if self.is_include_cycle(&including, plain(&first), at) {
                continue;
            }
            let folder = match &include.project_directory {
                Some(directory) => join(&context.folder, directory),
                None => join(".", folder(plain(&first))),
            };
            let mut environment = context.environment.clone();
            let env_files: Vec<(String, bool)> = match include.env_files.is_empty() {
                true => {
                    let path = plain(&join(&folder, ".env")).to_owned();
                    match self.files.kind(&path) {
                        Some(FileKind::File) => vec![(path, true)],
                        _ => Vec::new(),
                    }
                }
                false => {
                    let files = include.env_files.iter().filter(|(path, _)| path != "/dev/null");
                    files.map(|(path, _)| (plain(&join(&context.folder, path)).to_owned(), true)).collect()
                }
            };
            let env_file_at = include.env_files.first().map_or(at, |(_, at)| *at);
            self.add_env_files(&env_files, Some(env_file_at), &mut environment);
            let paths: Vec<(String, Option<Span>)> = include
                .paths
                .iter()
                .map(|(path, at)| (plain(&join(&context.folder, path)).to_owned(), Some(*at)))
                .collect();
            // A file may include another one many times.
            if !take(&mut self.left, INCLUDE, at, self.diagnostics) {
                break;
            }
            let inner = Context { id: self.contexts, folder, environment, including };
            self.contexts += 1;
            let included = self.model(&paths, &inner);
            merge::models(&mut all, included, &mut self.replaced);
        }
        all.remove(&tree.removals, &mut self.replaced);
        // The order of the file itself comes after the included services.
        let over = std::mem::take(own);
        merge::models(&mut all, over, &mut self.replaced);
        *own = all;
    }

    /// The entries of `include`, in canonical form.
    fn includes(&self, node: &Node) -> Vec<Include> {
        let texts = |node: Option<&Node>| {
            let items = match node.map(|node| &node.kind) {
                Some(Kind::List(items)) => items.as_slice(),
                _ => node.map(std::slice::from_ref).unwrap_or_default(),
            };
            let text = |item: &Node| Some((item.text()?.into_owned(), self.origins.place(item.origin).value));
            items.iter().filter_map(text).filter(|(text, _)| !text.is_empty()).collect::<Vec<_>>()
        };
        let include = |item: &Node| Include {
            paths: texts(item.get("path")),
            project_directory: texts(item.get("project_directory")).pop().map(|(path, _)| path),
            env_files: texts(item.get("env_file")),
        };
        node.items().iter().map(include).collect()
    }

    /// Reports a file that includes itself, or too many files in a row.
    fn is_include_cycle(&mut self, including: &[(String, Option<Span>)], path: &str, at: Span) -> bool {
        if let Some(first) = including.iter().position(|(file, _)| file == path) {
            let places: Vec<Span> = including[first..].iter().filter_map(|(_, at)| *at).collect();
            let mut diagnostic = Diagnostic::new(
                Code::ExtendsCycle,
                format!("`{path}` includes itself"),
                places.first().copied().unwrap_or(at),
                "includes this file",
            )
            .help("remove one of these `include`");
            for place in places.iter().skip(1) {
                diagnostic = diagnostic.and(*place, "which includes this file");
            }
            self.diagnostics.push(diagnostic.once());
            return true;
        }
        if including.len() > MAX_INCLUDED {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    "`include` is nested too deeply",
                    at,
                    format!("more than {MAX_INCLUDED} files include each other"),
                )
                .once()
                .help("include fewer files in a row"),
            );
            return true;
        }
        false
    }
}
