//! Lists that become mappings, and strings that become lists or mappings.
//!
//! ```yaml
//! environment: [A=1, B]    # { A: "1", B: null }
//! labels: [A=1, B]         # { A: "1", B: "" }
//! depends_on: [db]         # { db: { condition: service_started, required: true } }
//! networks: [front]        # { front: null }
//! build: ./app             # { context: ./app }
//! env_file: app.env        # [{ path: app.env, required: true }]
//! dns: 1.1.1.1             # [1.1.1.1]
//! secrets: [key]           # [{ source: key, target: /run/secrets/key }]
//! external: { name: a }    # external: true, name: a
//! ```

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic};
use crate::project::{Kind, Node, Part, Scalar};

use super::{Canon, flag, mapping, scalar, shown, text};

/// A list of `KEY=value` → a mapping. `KEY` alone has no value.
pub(in crate::compose) fn variables(node: &mut Node, canon: &mut Canon) {
    for item in node.items() {
        let entry = item.text().unwrap_or_default();
        let name = entry.split_once('=').map_or(&*entry, |(name, _)| name);
        if name.ends_with(char::is_whitespace) {
            let title = format!("`{}` ends in a space", name.escape_debug());
            canon.invalid(
                item.origin,
                title,
                "a variable cannot end in a space",
                "remove the space before `=`",
            );
        }
    }
    entries(node, canon, |item| Node { origin: item.origin, kind: Kind::Null });
}

/// A list of `KEY=value` → a mapping. `KEY` alone and `KEY:` have the empty value.
pub(in crate::compose) fn labels(node: &mut Node, canon: &mut Canon) {
    entries(node, canon, |item| text(item.origin, ""));
    if let Kind::Map(entries) = &mut node.kind {
        for entry in entries.values_mut().filter(|entry| matches!(entry.kind, Kind::Null)) {
            *entry = text(entry.origin, "");
        }
    }
}

/// A list of `KEY=value` → a mapping. `KEY` alone is an error.
pub(in crate::compose) fn key_values(node: &mut Node, canon: &mut Canon) {
    for item in node.items().iter().filter(|item| !item.text().unwrap_or_default().contains('=')) {
        let title = format!("{} has no value", shown(&item.text().unwrap_or_default()));
        canon.invalid(item.origin, title, "expected `name=value`", "add `=` and the value");
    }
    entries(node, canon, |item| text(item.origin, ""));
}

/// A list of `ID=path` → a mapping. Only `default` needs no path.
pub(in crate::compose) fn ssh(node: &mut Node, canon: &mut Canon) {
    for item in node.items() {
        let entry = item.text().unwrap_or_default();
        if !entry.contains('=') && entry != "default" {
            let title = format!("{} has no path", shown(&entry));
            canon.invalid(
                item.origin,
                title,
                "expected `default` or `name=path`",
                "add `=` and the path of the key",
            );
        }
    }
    entries(node, canon, |item| Node { origin: item.origin, kind: Kind::Null });
}

/// A list of `KEY=value` → a mapping, in which the last entry of a key stands.
fn entries(node: &mut Node, canon: &mut Canon, alone: impl Fn(&Node) -> Node) {
    let Kind::List(items) = &node.kind else { return };
    let mut entries: IndexMap<String, Node> = IndexMap::with_capacity(items.len());
    for item in items {
        let Kind::Scalar(scalar) = &item.kind else { continue };
        let entry = scalar.value();
        let (key, value) = match entry.find('=') {
            Some(at) => {
                let value = scalar::slice(scalar, at + 1..entry.len());
                (&entry[..at], Node { origin: item.origin, kind: Kind::Scalar(value) })
            }
            None => (&*entry, alone(item)),
        };
        if let Some(loser) = entries.insert(key.to_owned(), value) {
            canon.replaced.push((loser.origin, item.origin));
        }
    }
    node.kind = Kind::Map(entries);
}

/// A list of names → a mapping without values.
pub(in crate::compose) fn names(node: &mut Node, _: &mut Canon) {
    each_name(node, |origin| Node { origin, kind: Kind::Null });
}

/// A list of names → a mapping with the conditions. An entry that is a mapping can get its condition from another file.
pub(in crate::compose) fn depends_on(node: &mut Node, _: &mut Canon) {
    each_name(node, |origin| {
        mapping(origin, [("condition", text(origin, "service_started")), ("required", flag(origin, true))])
    });
}

fn each_name(node: &mut Node, value: impl Fn(crate::project::Origin) -> Node) {
    if let Kind::List(items) = &node.kind {
        let entries = items.iter().filter_map(|item| Some((item.text()?.into_owned(), value(item.origin))));
        node.kind = Kind::Map(entries.collect());
    }
}

/// A string → a list with it.
pub(in crate::compose) fn from_text(node: &mut Node, _: &mut Canon) {
    if matches!(node.kind, Kind::Scalar(_)) {
        node.kind = Kind::List(vec![node.clone()]);
    }
}

/// A string → a list with it. Empty addresses have no effect.
pub(in crate::compose) fn dns(node: &mut Node, canon: &mut Canon) {
    from_text(node, canon);
    if let Kind::List(items) = &mut node.kind {
        let is_empty = |scalar: &Scalar| scalar.value().is_empty() && !scalar::has_missing(scalar);
        items.retain(|item| !matches!(&item.kind, Kind::Scalar(scalar) if is_empty(scalar)));
    }
}

/// A string → a mapping with the context.
pub(in crate::compose) fn build(node: &mut Node, _: &mut Canon) {
    text_as(node, "context");
}

/// A string → a mapping with the service.
pub(in crate::compose) fn extends(node: &mut Node, _: &mut Canon) {
    text_as(node, "service");
}

/// A string → a mapping with the source.
pub(in crate::compose) fn source(node: &mut Node, _: &mut Canon) {
    text_as(node, "source");
}

/// A string → a mapping with the path, which is a list.
pub(in crate::compose) fn include(node: &mut Node, canon: &mut Canon) {
    text_as(node, "path");
    if let Kind::Map(keys) = &mut node.kind
        && let Some(path) = keys.get_mut("path")
    {
        from_text(path, canon);
    }
}

fn text_as(node: &mut Node, key: &str) {
    if matches!(node.kind, Kind::Scalar(_)) {
        *node = mapping(node.origin, [(key, node.clone())]);
    }
}

/// A string → a mapping with the source. A secret has the target `/run/secrets/SOURCE` unless another one is written.
pub(in crate::compose) fn secret(node: &mut Node, _: &mut Canon) {
    text_as(node, "source");
    let Kind::Map(keys) = &mut node.kind else { return };
    if let Some(Node { origin, kind: Kind::Scalar(source) }) = keys.get("source")
        && !keys.contains_key("target")
    {
        let folder = Scalar { parts: vec![Part::Text("/run/secrets/".to_owned())], is_plain: false };
        let target = scalar::join([folder, source.clone()]);
        let target = Node { origin: *origin, kind: Kind::Scalar(target) };
        keys.insert("target".to_owned(), target);
    }
}

/// A string or a list of strings → a list of mappings.
pub(in crate::compose) fn env_file(node: &mut Node, canon: &mut Canon) {
    from_text(node, canon);
    let Kind::List(items) = &mut node.kind else { return };
    for item in items {
        text_as(item, "path");
        let origin = item.origin;
        if let Kind::Map(keys) = &mut item.kind {
            keys.entry("required".to_owned()).or_insert_with(|| flag(origin, true));
        }
    }
}

/// `external: { name: … }` → `external: true` and the name.
pub(in crate::compose) fn external(node: &mut Node, canon: &mut Canon) {
    let Kind::Map(keys) = &mut node.kind else { return };
    let Some(external) = keys.get_mut("external") else { return };
    let origin = external.origin;
    let Kind::Map(inner) = &mut external.kind else { return };
    let name = inner.shift_remove("name");
    *external = flag(origin, true);
    match (name, keys.get("name")) {
        (None, _) => {}
        (Some(name), None) => {
            keys.insert("name".to_owned(), name);
        }
        (Some(name), Some(own)) if own.text() == name.text() => {}
        (Some(name), Some(own)) => {
            let (at, own) = (canon.value(name.origin), canon.value(own.origin));
            canon.diagnostics.push(
                Diagnostic::new(Code::ComposeValue, "two names for one external object", at, "one name")
                    .and(own, "the other name")
                    .help("write `external: true`, and keep one `name`"),
            );
        }
    }
}

/// An external volume has no settings of its own, and takes its name like a network.
pub(in crate::compose) fn external_volume(node: &mut Node, canon: &mut Canon) {
    external(node, canon);
    let is_true = |node: &Node| node.text().as_deref() == Some("true");
    let Some(external) = node.get("external").filter(|node| is_true(node)) else { return };
    let own = |key: &str| !matches!(key, "name" | "external") && !key.starts_with("x-");
    for (key, value) in node.entries().filter(|(key, _)| own(key)) {
        let (at, external) = (canon.value(value.origin), canon.value(external.origin));
        let title = format!("an external volume has `{key}`");
        canon.diagnostics.push(
            Diagnostic::new(Code::ComposeValue, title, at, "set here")
                .and(external, "external")
                .help(format!("remove `{key}` or `external`")),
        );
    }
}

/// A secret or config has one content, and takes its external name like a network.
pub(in crate::compose) fn file_object(node: &mut Node, canon: &mut Canon) {
    external(node, canon);
    let mut contents =
        ["file", "environment", "content"].into_iter().filter_map(|key| Some((key, node.get(key)?)));
    let (Some((first, one)), Some((second, other))) = (contents.next(), contents.next()) else { return };
    let (one, other) = (canon.value(one.origin), canon.value(other.origin));
    canon.diagnostics.push(
        Diagnostic::new(
            Code::ComposeValue,
            format!("`{first}` and `{second}` exclude each other"),
            other,
            "set here",
        )
        .and(one, "and here")
        .help("remove one of them"),
    );
}
