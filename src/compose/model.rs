//! The merged documents of a project, before they are a [`Project`](crate::project::Project).

use std::collections::HashMap;

use indexmap::IndexMap;

use super::canonical;
use super::tree::Removals;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::project::{Kind, Node, Origin, Origins};

/// The sections of a document, in canonical forms.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// `services`, if a document has it.
    pub services: Option<IndexMap<String, Node>>,
    /// `networks`.
    pub networks: IndexMap<String, Node>,
    /// `volumes`.
    pub volumes: IndexMap<String, Node>,
    /// `secrets`.
    pub secrets: IndexMap<String, Node>,
    /// `configs`.
    pub configs: IndexMap<String, Node>,
    /// The other keys.
    pub others: Vec<(String, Node)>,
}

/// A canonical form of the values of one section.
type Canonical = fn(&mut Node, &Origins, &mut Diagnostics, &mut Vec<(Origin, Origin)>);

/// The canonical sections of a document.
pub(super) fn canonical(
    mut root: Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) -> Model {
    let mut model = Model::default();
    if !matches!(root.kind, Kind::Map(_)) {
        diagnostics.push(
            Diagnostic::new(
                Code::NotCompose,
                "the file is not a mapping",
                origins.place(root.origin).value,
                "expected keys such as `services`",
            )
            .help("check that this is a Compose file"),
        );
        return model;
    }
    canonical::file(&mut root, origins, diagnostics, replaced);
    let Kind::Map(entries) = root.kind else { return model };
    for (key, node) in entries {
        let form: Canonical = match key.as_str() {
            "services" => canonical::service,
            "networks" => canonical::network,
            "volumes" => canonical::volume,
            "secrets" => canonical::secret,
            "configs" => canonical::config,
            _ => {
                model.others.push((key, node));
                continue;
            }
        };
        let mut section = section(&key, node, origins, diagnostics);
        section.values_mut().for_each(|node| form(node, origins, diagnostics, replaced));
        match key.as_str() {
            "services" => model.services = Some(section),
            "networks" => model.networks = section,
            "volumes" => model.volumes = section,
            "secrets" => model.secrets = section,
            _ => model.configs = section,
        }
    }
    model
}

/// The entries of a section with valid names.
fn section(
    key: &str,
    node: Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
) -> IndexMap<String, Node> {
    let mut entries = match node.kind {
        Kind::Map(entries) => entries,
        // `volumes:` without values.
        Kind::Null => return IndexMap::new(),
        _ => {
            let at = origins.place(node.origin).value;
            let example = if key == "services" { "web" } else { "data" };
            diagnostics.push(
                Diagnostic::new(
                    Code::ComposeValue,
                    format!("`{key}` is not a mapping"),
                    at,
                    "expected a mapping",
                )
                .help(format!("write names with their settings, such as `{example}:`")),
            );
            return IndexMap::new();
        }
    };
    entries.retain(|name, node| {
        let is_valid = !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if !is_valid {
            let at = origins.place(node.origin).at;
            diagnostics.push(
                Diagnostic::new(
                    Code::ComposeKey,
                    format!("`{name}` is not a valid name below `{key}`"),
                    at,
                    "expected letters, digits, `.`, `_` and `-`",
                )
                .help("rename it, also where it is used"),
            );
            diagnostics.mute(origins.place(node.origin).value);
        }
        is_valid
    });
    entries
}

impl Model {
    /// Removes the values of earlier files at the places of tags.
    pub(super) fn remove(&mut self, removals: &Removals, replaced: &mut Vec<(Origin, Origin)>) {
        for (path, keys) in removals {
            match path.split_first() {
                None => {
                    for (key, origin) in keys {
                        let removed = self.section(key).into_iter().flat_map(|entries| entries.drain(..));
                        replaced.extend(removed.map(|(_, node)| (node.origin, *origin)));
                    }
                }
                Some((section, path)) => {
                    if let Some(entries) = self.section(section) {
                        remove(entries, path, keys, replaced);
                    }
                }
            }
        }
    }

    /// The entries of a section.
    pub(super) fn section(&mut self, key: &str) -> Option<&mut IndexMap<String, Node>> {
        match key {
            "services" => self.services.as_mut(),
            "networks" => Some(&mut self.networks),
            "volumes" => Some(&mut self.volumes),
            "secrets" => Some(&mut self.secrets),
            "configs" => Some(&mut self.configs),
            _ => None,
        }
    }
}

/// Removes the values of `keys` in the mapping at `path`.
pub(super) fn remove(
    entries: &mut IndexMap<String, Node>,
    path: &[String],
    keys: &HashMap<String, Origin>,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    if let Some((first, rest)) = path.split_first() {
        if let Some(Node { kind: Kind::Map(entries), .. }) = entries.get_mut(first) {
            remove(entries, rest, keys, replaced);
        }
        return;
    }
    // One pass for all keys: removing a single one moves all that follow.
    entries.retain(|key, node| match keys.get(key) {
        Some(origin) => {
            replaced.push((node.origin, *origin));
            false
        }
        None => true,
    });
}
