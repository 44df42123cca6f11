//! Paths of a project, relative to its folder (compose-go, paths/resolve.go).

use indexmap::IndexMap;

use super::model::Model;
use crate::project::{Kind, Node, Part, Scalar};

/// Makes the paths of a project in `folder` relative to the folder of the whole project.
pub(super) fn rebase(model: &mut Model, folder: &str) {
    model.services.iter_mut().flat_map(IndexMap::values_mut).for_each(|node| service(node, folder));
    for node in model.configs.values_mut().chain(model.secrets.values_mut()) {
        at(node, &["file"], &mut |scalar| path(scalar, folder));
    }
    for volume in model.volumes.values_mut() {
        let text = |key: &str| volume.get(key).and_then(Node::text);
        let option =
            |key: &str| volume.get("driver_opts").and_then(|options| options.get(key)).and_then(Node::text);
        if text("driver").as_deref() == Some("local") && option("o").as_deref() == Some("bind") {
            at(volume, &["driver_opts", "device"], &mut |scalar| path(scalar, folder));
        }
    }
}

/// Makes the paths of a service in `folder` relative to the folder of the whole project.
pub(super) fn service(service: &mut Node, folder: &str) {
    for keys in [&["env_file", "*", "path"][..], &["label_file", "*"], &["develop", "watch", "*", "path"]] {
        at(service, keys, &mut |scalar| path(scalar, folder));
    }
    for keys in [&["build", "context"][..], &["build", "additional_contexts", "*"]] {
        at(service, keys, &mut |scalar| {
            if !is_remote(&scalar.value()) {
                path(scalar, folder);
            }
        });
    }
    let Kind::Map(entries) = &mut service.kind else { return };
    let Some(Node { kind: Kind::List(volumes), .. }) = entries.get_mut("volumes") else { return };
    for volume in volumes {
        if volume.get("type").and_then(Node::text).as_deref() == Some("bind") {
            at(volume, &["source"], &mut |scalar| path(scalar, folder));
        }
    }
}

/// Calls `apply` with each scalar at `keys`; `*` is every key or item.
fn at(node: &mut Node, keys: &[&str], apply: &mut dyn FnMut(&mut Scalar)) {
    match (&mut node.kind, keys) {
        (Kind::Scalar(scalar), []) => apply(scalar),
        (Kind::Map(entries), ["*", rest @ ..]) => {
            entries.values_mut().for_each(|value| at(value, rest, apply))
        }
        (Kind::List(items), ["*", rest @ ..]) => items.iter_mut().for_each(|item| at(item, rest, apply)),
        (Kind::Map(entries), [key, rest @ ..]) => {
            if let Some(value) = entries.get_mut(*key) {
                at(value, rest, apply);
            }
        }
        _ => {}
    }
}

/// Reports whether a build context is not a path: an address, another service or an image (compose-go, paths/context.go).
fn is_remote(context: &str) -> bool {
    let schemes = ["https://", "http://", "git://", "ssh://", "github.com/", "git@"];
    schemes.iter().any(|scheme| context.starts_with(scheme)) || context.contains("://") || is_named(context)
}

/// Reports whether an additional context names a service.
fn is_named(context: &str) -> bool {
    context.starts_with("service:")
}

/// Makes a path relative to the folder of the whole project. Variables are kept.
fn path(scalar: &mut Scalar, folder: &str) {
    let text = scalar.value().into_owned();
    if text.is_empty() || text.starts_with(['/', '~']) || is_drive(&text) {
        return;
    }
    if let [Part::Text(text)] = scalar.parts.as_mut_slice() {
        *text = join(folder, text);
        return;
    }
    let prefix = match (folder, text.starts_with("./") || text.starts_with("../") || text == ".") {
        (".", true) => return,
        (".", false) => "./".to_owned(),
        (folder, _) => format!("{folder}/"),
    };
    match scalar.parts.first_mut() {
        Some(Part::Text(first)) => *first = format!("{prefix}{}", first.strip_prefix("./").unwrap_or(first)),
        _ => scalar.parts.insert(0, Part::Text(prefix)),
    }
}

/// Reports whether a path begins with a drive of Windows, such as `C:\`.
fn is_drive(path: &str) -> bool {
    let bytes = path.as_bytes();
    matches!(bytes, [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic())
        || path.starts_with("\\\\")
}

/// `path`, which is relative to `folder`, relative to the folder of the whole project: `.`, `./…`, `../…` or absolute.
pub(super) fn join(folder: &str, path: &str) -> String {
    if path.starts_with(['/', '~']) {
        return path.to_owned();
    }
    let is_absolute = folder.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if is_absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (is_absolute, parts.first()) {
        (true, _) => format!("/{joined}"),
        (false, None) => ".".to_owned(),
        (false, Some(&"..")) => joined,
        (false, Some(_)) => format!("./{joined}"),
    }
}

/// The folder of a file.
pub(super) fn folder(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    }
}

/// A path as [`ProjectFiles`](crate::project::ProjectFiles) takes it: without a leading `./`.
pub(super) fn plain(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}
