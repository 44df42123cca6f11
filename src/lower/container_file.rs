//! Files of a container that the file contains.
//!
//! ```yaml
//! files:
//!   /etc/app/app.yml: { yaml: { port: 80 } }
//!   /app/key.json: { json: { key: "${secrets.app-key}" }, owner: 1000 }
//! ```
//! ```nix
//! homeserver.files = {
//!   "/etc/app/app.yml".source = (pkgs.formats.yaml { }).generate "app.yml" { port = 80; };
//!   "/app/key.json" = {
//!     source = (pkgs.formats.json { }).generate "key.json" { key = "<secret:app-key>"; };
//!     secrets = [ "app-key" ];
//!     encoding = "json";
//!     owner = "1000";
//!   };
//! };
//! ```
//!
//! A file without a secret is mounted from the Nix store. A file with a secret, or with an owner or a mode, is rendered
//! before each start: the file in the store has a placeholder for each secret. Containers restart when a file changes,
//! because its store path is in their units.

use super::context::HostContext;
use super::{folder, own_set, secret};
use crate::hir::folder::Holder;
use crate::hir::{Container, Host};
use crate::nix::{Expr, Part, Set};
use crate::nixos::{Module, Output, node};
use crate::setting::{ContainerFile, FileContent, FileFormat, RenderedPart, rendered};
use crate::tree::{Entry, Kind, Node, Piece, Text};

pub(super) fn lower_host(host: &Host, output: &mut Output) {
    output.container_files = host.containers().any(|container| !container.settings.files.entries.is_empty());
}

pub(super) fn lower(container: &Container, _: &HostContext, module: &mut Module) {
    for (target, file) in &container.settings.files.entries {
        let Some(content) = file.contents().first().copied() else { continue };
        let mut names: Vec<&str> = file.secrets().iter().map(|secret| secret.name).collect();
        names.sort_unstable();
        names.dedup();
        for name in &names {
            secret::needed(name, container, module);
        }
        let mut set = Set::of([("source", source(content, &target.value(), !names.is_empty()))]);
        set.append("secrets", names.iter().map(|name| Expr::str((*name).to_owned())));
        if let Some(encoding) = encoding(content).filter(|_| !names.is_empty()) {
            set.set("encoding", Expr::str(encoding));
        }
        for (name, value) in accounts(file) {
            set.set(name, value);
        }
        own_set(module, container).at(&["files"]).set_named(target, Expr::Set(set));
    }
}

/// The owner, the group and the mode of a file, as far as the file sets them.
fn accounts(file: &ContainerFile) -> Vec<(&'static str, Expr)> {
    let (owner, own_group) = match &file.owner {
        Some(owner) => {
            let (user, group) = Holder::split(&owner.text);
            (Some(user.clone()), Some(group.unwrap_or(user)))
        }
        None => (None, None),
    };
    let group = file.group.as_ref().map(|group| Holder::Given(group.text.clone())).or(own_group);
    let account = |holder: Holder| match folder::holder(holder).as_slice() {
        [Part::Ref(reference)] => Expr::Ref(reference.clone()),
        parts => Expr::string(parts.to_vec()),
    };
    let mode = file.mode.as_ref().map(|mode| Expr::text(&mode.text));
    let all = [("owner", owner.map(account)), ("group", group.map(account)), ("mode", mode)];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The encoding of a secret in a content. `None` for a text, which takes the secret as it is.
fn encoding(content: FileContent) -> Option<&'static str> {
    match content {
        FileContent::Data(FileFormat::Yaml | FileFormat::Json | FileFormat::Toml, _) => Some("json"),
        FileContent::Data(FileFormat::Ini | FileFormat::Env, _) => Some("line"),
        FileContent::Text(_) | FileContent::Beside(_) => None,
    }
}

/// The file in the Nix store.
fn source(content: FileContent, target: &str, has_secrets: bool) -> Expr {
    let name = Expr::str(store_name(target));
    match content {
        FileContent::Data(format, data) => {
            let generator = match format {
                // JSON is YAML, and its strings have quotes, in which a secret can be escaped.
                FileFormat::Yaml if has_secrets => "json",
                FileFormat::Env => "keyValue",
                format => format.key(),
            };
            let value = node(&with_placeholders(data), false);
            Expr::call(format!("(pkgs.formats.{generator} {{ }}).generate"), [name, value])
        }
        FileContent::Text(text) => Expr::call("pkgs.writeText", [name, Expr::text(&placeholders(text))]),
        FileContent::Beside(path) => Expr::Directory(path.value()),
    }
}

/// The last part of a path as a name in the Nix store.
fn store_name(target: &str) -> String {
    let last = target.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_valid = |c: char| c.is_ascii_alphanumeric() || "+-._?=".contains(c);
    let name = last.replace(|c: char| !is_valid(c), "-");
    let name = name.trim_start_matches('.');
    if name.is_empty() { "file".to_owned() } else { name.to_owned() }
}

fn with_placeholders(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::Scalar(text) => Kind::Scalar(placeholders(text)),
        Kind::List(items) => Kind::List(items.iter().map(with_placeholders).collect()),
        Kind::Map(entries) => Kind::Map(
            entries
                .iter()
                .map(|entry| Entry { key: entry.key.clone(), value: with_placeholders(&entry.value) })
                .collect(),
        ),
        kind => kind.clone(),
    };
    Node { kind, ..node.clone() }
}

/// A text with a placeholder for each secret, which `render-file` replaces.
fn placeholders(text: &Text) -> Text {
    let Some(parts) = rendered(text) else { return text.clone() };
    let mut all = Text::empty(text.span);
    for part in parts {
        match part {
            RenderedPart::Text(text) => text.pieces.into_iter().for_each(|piece| all.push(piece)),
            RenderedPart::Secret(secret) => {
                let kind = if secret.is_encoded { "secret-url" } else { "secret" };
                all.push(Piece::Literal(format!("<{kind}:{}>", secret.name)));
            }
        }
    }
    all
}
