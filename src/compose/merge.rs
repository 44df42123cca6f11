//! The merge of canonical values (compose-go, override/merge.go): mappings merge, lists are appended, other values are replaced.

use indexmap::IndexMap;

use super::model::Model;
use crate::project::{Kind, Node, Origin};

/// A rule of a key whose values do not merge as others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// The later value replaces the earlier one, even if it is empty.
    Replace,
    /// A mapping of names, in which an empty value replaces the earlier one.
    Names,
    /// The options of a log driver merge only with those of the same driver.
    Logging,
    /// Subnets merge by address range.
    Subnets,
    /// Items merge, and an item that stands twice is kept once.
    Set,
}

/// The keys below a service with rules. `*` is any key.
const SERVICE: &[(&[&str], Rule)] = &[
    (&["annotations"], Rule::Names),
    (&["build", "args"], Rule::Names),
    (&["build", "additional_contexts"], Rule::Names),
    (&["build", "extra_hosts", "*"], Rule::Set),
    (&["build", "labels"], Rule::Names),
    (&["command"], Rule::Replace),
    (&["deploy", "labels"], Rule::Names),
    (&["entrypoint"], Rule::Replace),
    (&["environment"], Rule::Names),
    (&["extends"], Rule::Replace),
    (&["extra_hosts", "*"], Rule::Set),
    (&["healthcheck", "test"], Rule::Replace),
    (&["labels"], Rule::Names),
    (&["logging"], Rule::Logging),
    (&["sysctls"], Rule::Names),
    (&["ulimits", "*"], Rule::Replace),
];

/// The keys below a network with rules.
const NETWORK: &[(&[&str], Rule)] = &[(&["ipam", "config"], Rule::Subnets), (&["labels"], Rule::Names)];

/// The keys below a volume with rules.
const VOLUME: &[(&[&str], Rule)] = &[(&["labels"], Rule::Names)];

/// Merges a model over another one.
pub(super) fn models(base: &mut Model, over: Model, replaced: &mut Vec<(Origin, Origin)>) {
    if let Some(services) = over.services {
        entries(base.services.get_or_insert_default(), services, SERVICE, replaced);
    }
    entries(&mut base.networks, over.networks, NETWORK, replaced);
    entries(&mut base.volumes, over.volumes, VOLUME, replaced);
    entries(&mut base.secrets, over.secrets, &[], replaced);
    entries(&mut base.configs, over.configs, &[], replaced);
    for (key, node) in over.others {
        match base.others.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => value(known, node, &[], &mut Vec::new(), replaced),
            None => base.others.push((key, node)),
        }
    }
}

/// Merges a service over another one.
pub(super) fn service(base: &mut Node, over: Node, replaced: &mut Vec<(Origin, Origin)>) {
    value(base, over, SERVICE, &mut Vec::new(), replaced);
}

fn entries(
    base: &mut IndexMap<String, Node>,
    over: IndexMap<String, Node>,
    rules: &[(&[&str], Rule)],
    replaced: &mut Vec<(Origin, Origin)>,
) {
    for (key, node) in over {
        match base.get_mut(&key) {
            Some(known) => value(known, node, rules, &mut Vec::new(), replaced),
            None => {
                base.insert(key, node);
            }
        }
    }
}

/// The rule of the key at `path`.
fn rule(rules: &[(&[&str], Rule)], path: &[String]) -> Option<Rule> {
    let is_at = |pattern: &[&str]| {
        pattern.len() == path.len()
            && pattern.iter().zip(path).all(|(pattern, key)| *pattern == "*" || pattern == key)
    };
    rules.iter().find(|(pattern, _)| is_at(pattern)).map(|(_, rule)| *rule)
}

/// Merges `over` over `base`, whose key is at `path`.
fn value(
    base: &mut Node,
    over: Node,
    rules: &[(&[&str], Rule)],
    path: &mut Vec<String>,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    let rule = rule(rules, path);
    let is_same_driver = |base: &Node, over: &Node| {
        let (base, over) = (base.get("driver").and_then(Node::text), over.get("driver").and_then(Node::text));
        base.is_none() || over.is_none() || base == over
    };
    if rule == Some(Rule::Replace) || rule == Some(Rule::Logging) && !is_same_driver(base, &over) {
        return replace(base, over, replaced);
    }
    match (&mut base.kind, over.kind) {
        // An empty value keeps the earlier one.
        (Kind::Map(_) | Kind::List(_) | Kind::Scalar(_), Kind::Null) => {
            replaced.push((over.origin, base.origin));
        }
        (Kind::Map(base_entries), Kind::Map(over_entries)) => {
            if over_entries.is_empty() {
                replaced.push((over.origin, base.origin));
            } else if base_entries.is_empty() {
                replaced.push((base.origin, over.origin));
                base.origin = over.origin;
            }
            for (key, node) in over_entries {
                let Some(known) = base_entries.get_mut(&key) else {
                    base_entries.insert(key, node);
                    continue;
                };
                if rule == Some(Rule::Names) {
                    replace(known, node, replaced);
                    continue;
                }
                path.push(key);
                value(known, node, rules, path, replaced);
                path.pop();
            }
        }
        (Kind::List(base_items), Kind::List(over_items)) => {
            if over_items.is_empty() {
                replaced.push((over.origin, base.origin));
            } else if base_items.is_empty() {
                replaced.push((base.origin, over.origin));
                base.origin = over.origin;
            }
            match rule {
                Some(Rule::Subnets) => subnets(base_items, over_items, replaced),
                _ => base_items.extend(over_items),
            }
            if rule == Some(Rule::Set) {
                super::unique::items(base_items, &mut |item| item.text().map(Into::into), replaced);
            }
        }
        (_, kind) => replace(base, Node { origin: over.origin, kind }, replaced),
    }
}

fn replace(base: &mut Node, over: Node, replaced: &mut Vec<(Origin, Origin)>) {
    replaced.push((base.origin, over.origin));
    *base = over;
}

/// Merges the subnets of a network by address range.
fn subnets(base: &mut Vec<Node>, over: Vec<Node>, replaced: &mut Vec<(Origin, Origin)>) {
    for subnet in over {
        let range = |node: &Node| node.get("subnet").and_then(Node::text).map(String::from);
        match base.iter_mut().find(|known| range(known) == range(&subnet)) {
            Some(known) => value(known, subnet, &[], &mut Vec::new(), replaced),
            None => base.push(subnet),
        }
    }
}
