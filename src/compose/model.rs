//! The merged documents of a project, before they are a [`Project`](crate::project::Project).

use indexmap::IndexMap;

use super::canonical;
use super::tree::Removal;
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

/// The other keys of a Compose file, besides `x-…` (compose-spec, schema).
const OTHERS: &[&str] = &["version", "name", "include", "models"];

/// The keys of a Compose file.
const KEYS: &[&str] =
    &["services", "networks", "volumes", "secrets", "configs", "version", "name", "include", "models"];

/// A canonical form of the values of one section.
type Canonical = fn(&mut Node, &mut Origins, &mut Diagnostics);

/// The canonical sections of a document.
pub(super) fn canonical(root: Node, origins: &mut Origins, diagnostics: &mut Diagnostics) -> Model {
    let mut model = Model::default();
    let Kind::Map(entries) = root.kind else {
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
    };
    for (key, node) in entries {
        let form: Canonical = match key.as_str() {
            "services" => canonical::service,
            "networks" => canonical::network,
            "volumes" => canonical::volume,
            "secrets" => canonical::secret,
            "configs" => canonical::config,
            other => {
                if !OTHERS.contains(&other) && !other.starts_with("x-") {
                    report_unknown(other, &node, origins, diagnostics);
                }
                model.others.push((key, node));
                continue;
            }
        };
        let section = section(&key, node, form, origins, diagnostics);
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

fn report_unknown(key: &str, node: &Node, origins: &Origins, diagnostics: &mut Diagnostics) {
    let at = origins.place(node.origin).at;
    let help = match crate::diag::closest(key, KEYS.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("remove `{key}`, or write `x-{key}`: Compose ignores keys that begin with `x-`"),
    };
    let title = format!("`{key}` is not a key of a Compose file");
    diagnostics.push(Diagnostic::new(Code::ComposeKey, title, at, "unknown key").help(help));
}

/// The entries of a section, in canonical forms.
fn section(
    key: &str,
    node: Node,
    form: Canonical,
    origins: &mut Origins,
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
                Diagnostic::new(Code::ComposeValue, format!("`{key}` is not a mapping"), at, "expected a mapping")
                    .help(format!("write names with their settings, such as `{example}:`")),
            );
            return IndexMap::new();
        }
    };
    entries.values_mut().for_each(|node| form(node, origins, diagnostics));
    entries
}

impl Model {
    /// Removes the value of earlier files at the place of a tag.
    pub(super) fn remove(&mut self, removal: &Removal, replaced: &mut Vec<(Origin, Origin)>) {
        let Some((section, path)) = removal.path.split_first() else { return };
        let Some(entries) = self.section(section) else { return };
        let Some((key, path)) = path.split_first() else {
            replaced.extend(entries.drain(..).map(|(_, node)| (node.origin, removal.origin)));
            return;
        };
        let removed = match path {
            [] => entries.shift_remove(key),
            _ => entries.get_mut(key).and_then(|node| remove(node, path)),
        };
        replaced.extend(removed.map(|node| (node.origin, removal.origin)));
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

/// Removes the value at `path` below `node`.
pub(super) fn remove(node: &mut Node, path: &[String]) -> Option<Node> {
    let Kind::Map(entries) = &mut node.kind else { return None };
    match path {
        [] => None,
        [key] => entries.shift_remove(key),
        [key, path @ ..] => entries.get_mut(key).and_then(|node| remove(node, path)),
    }
}
