//! Mounts of a service.
//!
//! ```yaml
//! volumes:
//!   - ./data:/data:ro      # { type: bind, source: ./data, target: /data, read_only: true, bind: { create_host_path: true } }
//!   - cache:/cache         # { type: volume, source: cache, target: /cache, volume: {} }
//!   - /run/app             # { type: volume, target: /run/app, volume: {} }
//! ```
//!
//! The grammar is compose-go's (`format/volume.go`).

use std::ops::Range;

use indexmap::IndexMap;

use crate::project::{Kind, Node, Origin, Scalar};

use super::{Canon, flag, mapping, scalar, shown, text};

/// A mount in the short form → a mapping. The target becomes the shortest path.
pub(in crate::compose) fn expand(node: &mut Node, canon: &mut Canon) {
    if let Kind::Map(keys) = &mut node.kind
        && let Some(Node { kind: Kind::Scalar(target), .. }) = keys.get_mut("target")
        && !scalar::has_missing(target)
    {
        let cleaned = clean(&target.value());
        scalar::set(target, cleaned);
    }
    let Kind::Scalar(written) = &node.kind else { return };
    match short(written, node.origin) {
        Ok(keys) => node.kind = Kind::Map(keys),
        Err(reason) => {
            let title = format!("{} is not a valid volume", shown(&written.value()));
            canon.invalid(node.origin, title, reason, "write `SOURCE:TARGET`, such as `./data:/data:ro`");
        }
    }
}

/// A `bind` in the long form: the folder is created unless the file says otherwise.
pub(in crate::compose) fn bind(node: &mut Node, _: &mut Canon) {
    let origin = node.origin;
    if let Kind::Map(keys) = &mut node.kind {
        keys.entry("create_host_path".to_owned()).or_insert_with(|| flag(origin, true));
    }
}

/// The mapping of a short mount, or the reason for which there is none.
fn short(written: &Scalar, origin: Origin) -> Result<IndexMap<String, Node>, &'static str> {
    let value = written.value();
    if value.is_empty() && !scalar::has_missing(written) {
        return Err("expected a path");
    }
    let (sections, is_open) = sections(&value);
    let (source, target, options) = match sections.as_slice() {
        _ if value.len() <= 2 => (None, 0..value.len(), None),
        [target] => (None, target.clone(), None),
        [source, target] => (Some(source.clone()), target.clone(), None),
        [source, target, options] => (Some(source.clone()), target.clone(), Some(options.clone())),
        _ => return Err("expected at most a source, a target and options"),
    };
    let is_known = !scalar::has_missing(written);
    if is_known && value.len() > 2 && sections.iter().any(Range::is_empty) {
        return Err("a part beside a colon is empty");
    }
    // Compose drops the text from the last colon before an open `${`.
    if is_open {
        return Err("expected a closing `}` after `${`");
    }
    let node = |scalar: Scalar| Node { origin, kind: Kind::Scalar(scalar) };
    let mut bind = IndexMap::new();
    let mut volume = IndexMap::new();
    let mut is_read_only = false;
    for option in options.map(|range| value[range].split(',').collect::<Vec<_>>()).unwrap_or_default() {
        match option {
            "ro" => is_read_only = true,
            "rw" => is_read_only = false,
            "nocopy" => {
                volume.insert("nocopy".to_owned(), flag(origin, true));
            }
            "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
                bind.insert("propagation".to_owned(), text(origin, option));
            }
            "z" | "Z" => {
                bind.insert("selinux".to_owned(), text(origin, option));
            }
            // Compose ignores unknown options.
            _ => {}
        }
    }
    let is_bind = value.len() > 2 && source.as_ref().is_some_and(|source| is_path(&value[source.clone()]));
    let mut keys = IndexMap::new();
    keys.insert("type".to_owned(), text(origin, if is_bind { "bind" } else { "volume" }));
    if let Some(source) = source {
        keys.insert("source".to_owned(), node(scalar::slice(written, source)));
    }
    let mut target = scalar::slice(written, target);
    if value.len() > 2 && is_known {
        let cleaned = clean(&target.value());
        scalar::set(&mut target, cleaned);
    }
    keys.insert("target".to_owned(), node(target));
    if is_read_only {
        keys.insert("read_only".to_owned(), flag(origin, true));
    }
    if is_bind {
        bind.insert("create_host_path".to_owned(), flag(origin, true));
    }
    if !bind.is_empty() {
        keys.insert("bind".to_owned(), Node { origin, kind: Kind::Map(bind) });
    }
    if !is_bind && value.len() > 2 || !volume.is_empty() {
        let volume = Node { kind: Kind::Map(volume), ..mapping(origin, []) };
        keys.insert("volume".to_owned(), volume);
    }
    Ok(keys)
}

/// The parts between the colons. A colon after a single letter belongs to a Windows drive, and colons in `${…}` separate
/// nothing. The flag is true if a `${` is open at the end.
fn sections(value: &str) -> (Vec<Range<usize>>, bool) {
    let mut sections = Vec::new();
    let (mut start, mut braces) = (0, 0);
    for (at, c) in value.char_indices() {
        if c == '$' && value[at + 1..].starts_with('{') {
            braces += 1;
        } else if c == '}' && braces > 0 {
            braces -= 1;
        } else if c == ':' && !is_drive(&value[start..at]) && braces == 0 {
            sections.push(start..at);
            start = at + 1;
        }
    }
    sections.push(start..value.len());
    (sections, braces > 0 && value.len() > 2)
}

/// Tells whether a text before a colon is the letter of a Windows drive.
fn is_drive(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

/// Tells whether a source is a path on the host, and not the name of a volume.
fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~'])
        || source.starts_with(r"\\")
        || source.char_indices().nth(1).is_some_and(|(at, c)| c == ':' && is_drive(&source[..at]))
}

/// Go's `path.Clean`: the shortest path with the same meaning.
pub(in crate::compose) fn clean(path: &str) -> String {
    if path.is_empty() {
        return String::new();
    }
    let is_absolute = path.starts_with('/');
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => {
                steps.pop();
            }
            ".." if is_absolute => {}
            step => steps.push(step),
        }
    }
    let joined = steps.join("/");
    match (is_absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
