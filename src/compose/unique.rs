//! Items of lists that stand once (compose-go, override/uncity.go): a later item replaces an earlier one of the same identity.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::model::Model;
use crate::project::{Kind, Node, Origin};

/// The identity of an item. `None`: it differs from all others.
type Identity = fn(&Node) -> Option<String>;

/// The lists below a service whose items stand once. `*` is any key.
const SERVICE: &[(&[&str], Identity)] = &[
    (&["build", "tags"], name),
    (&["cap_add"], name),
    (&["cap_drop"], name),
    (&["configs"], config),
    (&["devices"], target),
    (&["dns"], name),
    (&["dns_opt"], name),
    (&["dns_search"], name),
    (&["env_file"], path),
    (&["expose"], whole),
    (&["links"], name),
    (&["networks", "*", "aliases"], name),
    (&["networks", "*", "link_local_ips"], name),
    (&["ports"], port),
    (&["profiles"], name),
    (&["secrets"], secret),
    (&["tmpfs"], name),
    (&["volumes"], target),
];

/// Applies the rules to the services of a model.
pub(super) fn model(model: &mut Model, replaced: &mut Vec<(Origin, Origin)>) {
    for node in model.services.iter_mut().flat_map(IndexMap::values_mut) {
        service(node, replaced);
    }
}

/// Applies the rules to a service.
pub(super) fn service(service: &mut Node, replaced: &mut Vec<(Origin, Origin)>) {
    for (path, identity) in SERVICE {
        lists(service, path, &mut |list| items(list, &mut |item| identity(item), replaced));
    }
}

/// Calls `apply` with each list at `path`.
fn lists(node: &mut Node, path: &[&str], apply: &mut dyn FnMut(&mut Vec<Node>)) {
    match (&mut node.kind, path) {
        (Kind::List(items), []) => apply(items),
        (Kind::Map(entries), ["*", rest @ ..]) => {
            entries.values_mut().for_each(|value| lists(value, rest, apply));
        }
        (Kind::Map(entries), [key, rest @ ..]) => {
            if let Some(value) = entries.get_mut(*key) {
                lists(value, rest, apply);
            }
        }
        _ => {}
    }
}

/// Keeps of several items with the same identity the last one, at the place of the first one.
pub(super) fn items(
    list: &mut Vec<Node>,
    identity: &mut dyn FnMut(&Node) -> Option<String>,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    if list.len() < 2 {
        return;
    }
    let mut kept: Vec<Node> = Vec::with_capacity(list.len());
    let mut known: HashMap<String, usize> = HashMap::with_capacity(list.len());
    for item in list.drain(..) {
        let Some(identity) = identity(&item) else {
            kept.push(item);
            continue;
        };
        match known.get(&identity) {
            Some(at) => {
                replaced.push((kept[*at].origin, item.origin));
                kept[*at] = item;
            }
            None => {
                known.insert(identity, kept.len());
                kept.push(item);
            }
        }
    }
    *list = kept;
}

/// The text of `key` in an item, unless it is empty.
fn field(item: &Node, key: &str) -> Option<String> {
    item.get(key).and_then(Node::text).map(String::from).filter(|text| !text.is_empty())
}

fn whole(item: &Node) -> Option<String> {
    item.text().map(String::from)
}

/// The part before `=`.
fn name(item: &Node) -> Option<String> {
    let text = item.text()?;
    Some(text.split('=').next().unwrap_or_default().to_owned())
}

fn path(item: &Node) -> Option<String> {
    field(item, "path")
}

/// A mounted path. `/data` and `/data/` are the same.
fn target(item: &Node) -> Option<String> {
    field(item, "target").map(|target| match target.trim_end_matches('/') {
        "" => target,
        trimmed => trimmed.to_owned(),
    })
}

fn config(item: &Node) -> Option<String> {
    field(item, "target").or_else(|| Some(format!("/{}", field(item, "source")?)))
}

fn secret(item: &Node) -> Option<String> {
    let target = field(item, "target").or_else(|| field(item, "source"))?;
    Some(if target.starts_with('/') { target } else { format!("/run/secrets/{target}") })
}

fn port(item: &Node) -> Option<String> {
    let part = |key: &str, default: &str| field(item, key).unwrap_or_else(|| default.to_owned());
    let (address, published) = (part("host_ip", "0.0.0.0"), part("published", ""));
    Some(format!("{address}:{published}:{}/{}", field(item, "target")?, part("protocol", "tcp")))
}
