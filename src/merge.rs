//! Merging of the user's values with a preset's values, by the rules of Compose for several files
//! (<https://docs.docker.com/reference/compose-file/merge/>; compose-go, `override/merge.go` and
//! `override/uncity.go`), for the keys of this language.
//!
//! Mappings merge by key, and `~` removes a key. Lists are appended, each entry once. [`RULES`] has the keys with other
//! rules. Every other value replaces the preset's value.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::path::normalized;
use crate::tree::{Entry, Kind, Node, Text};

/// The merge rule of one key.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// The value replaces the preset's value, even if both are lists.
    Replace,
    /// All entries follow the preset's entries, even equal ones.
    Append,
    /// A list, or one entry. An entry replaces the preset's entry with the same identity.
    Entries(fn(&Node) -> Option<String>),
    /// A mapping, or a list of `NAME=value`. Merges by name.
    Pairs,
    /// A mapping of names to addresses, or a list of `name:address` or `name=address`. Merges by name.
    Hosts,
    /// A mapping of names, or a list of names, each of which equals `name: …` with this value. Merges by name.
    Names(&'static str),
    /// A mapping of variables to secrets, or a list of secrets. Merges by variable, and by path.
    Secrets,
}

/// The keys with merge rules of their own. `*` matches any name.
const RULES: &[(&[&str], Rule)] = &[
    (&["containers", "*", "command"], Rule::Replace),
    (&["containers", "*", "entrypoint"], Rule::Replace),
    (&["containers", "*", "healthcheck", "test"], Rule::Replace),
    (&["update", "restart"], Rule::Replace),
    (&["updates", "*", "restart"], Rule::Replace),
    // An option and its value may be two entries.
    (&["containers", "*", "podman_args"], Rule::Append),
    (&["containers", "*", "volumes"], Rule::Entries(volume)),
    (&["containers", "*", "tmpfs"], Rule::Entries(tmpfs)),
    (&["containers", "*", "devices"], Rule::Entries(device)),
    (&["containers", "*", "ports"], Rule::Entries(port)),
    (&["containers", "*", "expose"], Rule::Entries(exposed)),
    (&["containers", "*", "host_ports"], Rule::Entries(exposed)),
    (&["containers", "*", "reaches"], Rule::Entries(identity)),
    (&["containers", "*", "cap_add"], Rule::Entries(capability)),
    (&["containers", "*", "cap_drop"], Rule::Entries(capability)),
    (&["containers", "*", "security_opt"], Rule::Entries(security_option)),
    (&["containers", "*", "dns"], Rule::Entries(identity)),
    (&["containers", "*", "dns_search"], Rule::Entries(identity)),
    (&["containers", "*", "env_file"], Rule::Entries(identity)),
    (&["containers", "*", "firewall"], Rule::Entries(identity)),
    (&["containers", "*", "environment"], Rule::Pairs),
    (&["containers", "*", "labels"], Rule::Pairs),
    (&["containers", "*", "sysctls"], Rule::Pairs),
    (&["containers", "*", "logging", "options"], Rule::Pairs),
    (&["site", "headers"], Rule::Pairs),
    (&["containers", "*", "extra_hosts"], Rule::Hosts),
    (&["containers", "*", "networks"], Rule::Names("")),
    (&["containers", "*", "depends_on"], Rule::Names("started")),
    (&["containers", "*", "secrets"], Rule::Secrets),
];

fn rule(place: &[String]) -> Option<Rule> {
    let leads_here = |keys: &[&str]| {
        keys.len() == place.len() && keys.iter().zip(place).all(|(key, step)| *key == "*" || key == step)
    };
    RULES.iter().find(|(keys, _)| leads_here(keys)).map(|(_, rule)| *rule)
}

/// Reports whether the value at `place`, a path of keys from the service, is one entry of a list or several.
pub(crate) fn is_one_or_many(place: &[String]) -> bool {
    matches!(rule(place), Some(Rule::Entries(_)))
}

/// Merges the value `over` with the preset's value `base`, both at `place`.
pub(crate) fn merge(place: &[String], base: Node, over: Node) -> Node {
    // Already reported.
    if let (Kind::Unknown, _) | (_, Kind::Unknown) = (&base.kind, &over.kind) {
        return Node { kind: Kind::Unknown, ..over };
    }
    match (rule(place), &base.kind, &over.kind) {
        (Some(Rule::Replace), ..) => over,
        (Some(Rule::Entries(identity)), ..) if !over.is_null() => lists(base, over, identity),
        (_, Kind::Map(_), Kind::Map(_)) => mappings(place, base, over),
        (Some(Rule::Append), Kind::List(_), Kind::List(_)) => lists(base, over, |_| None),
        (None, Kind::List(_), Kind::List(_)) => lists(base, over, identity),
        (Some(Rule::Pairs), ..) => as_mappings(place, base, over, |item| split(item, &['='])),
        (Some(Rule::Hosts), ..) => as_mappings(place, base, over, |item| split(item, &['=', ':'])),
        (Some(Rule::Names(value)), ..) => as_mappings(place, base, over, |item| named(item, value)),
        (Some(Rule::Secrets), ..) => secrets(base, over),
        _ => over,
    }
}

fn mappings(place: &[String], base: Node, over: Node) -> Node {
    let Node { span, defined, kind } = over;
    let (Kind::Map(base), Kind::Map(over)) = (base.kind, kind) else {
        return Node { span, defined, kind: Kind::Unknown };
    };
    let mut merged: Vec<Option<Entry>> = base.into_iter().map(Some).collect();
    let places: HashMap<String, usize> =
        merged.iter().flatten().enumerate().map(|(at, entry)| (entry.key.value(), at)).collect();
    for entry in over {
        let key = entry.key.value();
        let Some(slot) = places.get(&key).map(|at| &mut merged[*at]) else {
            merged.push(Some(entry));
            continue;
        };
        let removes = entry.value.is_null() && entry.value.defined.is_none();
        *slot = match slot.take() {
            // Decoding reports the second of two entries with the same key.
            None => Some(entry),
            Some(_) if removes => None,
            // A name in a list has no settings that could replace those of the preset.
            Some(old) if entry.value.is_null() && matches!(rule(place), Some(Rule::Names(""))) => Some(old),
            Some(old) => {
                let place: Vec<String> = place.iter().cloned().chain([key]).collect();
                Some(Entry { key: entry.key, value: merge(&place, old.value, entry.value) })
            }
        };
    }
    Node { span, defined, kind: Kind::Map(merged.into_iter().flatten().collect()) }
}

/// Appends the entries of `over` to those of `base`. An entry of `over` replaces the entry with the same identity.
fn lists(base: Node, over: Node, identity: impl Fn(&Node) -> Option<String>) -> Node {
    let (span, defined) = (over.span, over.defined);
    let mut merged = items(base);
    let mut places: HashMap<String, usize> =
        merged.iter().enumerate().filter_map(|(at, item)| Some((identity(item)?, at))).collect();
    for item in items(over) {
        // An identity is used once: a rule reports duplicates in the user's list.
        match identity(&item).and_then(|identity| places.remove(&identity)) {
            Some(at) => merged[at] = item,
            None => merged.push(item),
        }
    }
    Node { span, defined, kind: Kind::List(merged) }
}

/// The entries of a list; any other value is one entry.
fn items(node: Node) -> Vec<Node> {
    match node.kind {
        Kind::List(items) => items,
        _ => vec![node],
    }
}

/// Merges two values of which at least one is a list in the place of a mapping. If `entry` cannot parse an entry, the
/// user's value stays unchanged, and decoding reports it.
fn as_mappings(place: &[String], base: Node, over: Node, entry: impl Fn(&Node) -> Option<Entry>) -> Node {
    let mapping = |node: &Node| match &node.kind {
        Kind::Map(_) => Some(node.clone()),
        Kind::List(items) => {
            let entries: Option<Vec<Entry>> = items.iter().map(&entry).collect();
            entries.map(|entries| Node { kind: Kind::Map(entries), ..node.clone() })
        }
        _ => None,
    };
    match (mapping(&base), mapping(&over)) {
        (Some(base), Some(over)) => mappings(place, base, over),
        (None, _) => base,
        (_, None) => over,
    }
}

/// `NAME=value` as an entry of a mapping, split at the first of the `separators` that occurs.
fn split(item: &Node, separators: &[char]) -> Option<Entry> {
    let Kind::Scalar(text) = &item.kind else { return None };
    let separator = *separators.iter().find(|separator| text.value().contains(**separator))?;
    let parts = text.split(separator);
    let (name, rest) = parts.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let value = Text::join(rest, &separator.to_string(), text.span);
    Some(Entry { key: name.clone(), value: Node { kind: Kind::Scalar(value), ..item.clone() } })
}

/// `name` as the entry `name: value`.
fn named(item: &Node, value: &str) -> Option<Entry> {
    let Kind::Scalar(name) = &item.kind else { return None };
    let value = Text { plain: true, ..Text::literal(value, item.span) };
    // A written `~` would remove the name.
    let defined = Some(item.span);
    Some(Entry { key: name.clone(), value: Node { span: item.span, defined, kind: Kind::Scalar(value) } })
}

/// Merges a mapping of variables with a list: a list takes both.
fn secrets(base: Node, over: Node) -> Node {
    let list = |node: Node| match node.kind {
        Kind::Map(entries) => {
            let one = |entry: Entry| Node {
                span: entry.key.span,
                defined: node.defined,
                kind: Kind::Map(vec![entry]),
            };
            Node { kind: Kind::List(entries.into_iter().map(one).collect()), ..node }
        }
        kind => Node { kind, ..node },
    };
    match (&base.kind, &over.kind) {
        (Kind::Map(_) | Kind::List(_), Kind::Map(_) | Kind::List(_)) => lists(list(base), list(over), secret),
        _ => over,
    }
}

fn text(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Scalar(text) => Some(text.value()),
        _ => None,
    }
}

/// The text under `key` of a mapping.
fn member(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(text)
}

/// A text that identifies an entry.
fn identity(node: &Node) -> Option<String> {
    fn write(node: &Node, out: &mut String) {
        match &node.kind {
            Kind::Scalar(text) => out.push_str(&format!("{:?}", text.value())),
            Kind::Nix(code) => out.push_str(&format!("!nix {code:?}")),
            Kind::Unknown => out.push('?'),
            Kind::List(items) => {
                out.push('[');
                for item in items {
                    write(item, out);
                    out.push(',');
                }
                out.push(']');
            }
            Kind::Map(entries) => {
                out.push('{');
                for entry in entries {
                    out.push_str(&format!("{:?}:", entry.key.value()));
                    write(&entry.value, out);
                    out.push(',');
                }
                out.push('}');
            }
        }
    }
    let mut out = String::new();
    write(node, &mut out);
    Some(out)
}

/// A volume's path in the container.
fn volume(node: &Node) -> Option<String> {
    let target = match &node.kind {
        Kind::Scalar(text) => text.split(':').get(1)?.value(),
        _ => member(node, "target")?,
    };
    Some(normalized(&target))
}

/// The path of a folder in memory.
fn tmpfs(node: &Node) -> Option<String> {
    Some(normalized(text(node)?.split(':').next()?))
}

/// A device's path in the container, or its CDI name.
fn device(node: &Node) -> Option<String> {
    let device = text(node)?;
    let (host, rest) = device.split_once(':').unwrap_or((&device, ""));
    // `/dev/a:rwm` has permissions as its second part.
    let target = rest.split(':').next().filter(|target| target.starts_with('/')).unwrap_or(host);
    Some(if target.starts_with('/') { normalized(target) } else { device })
}

/// The address, port and protocol on the host.
fn port(node: &Node) -> Option<String> {
    let (address, published, protocol) = match &node.kind {
        Kind::Scalar(text) => {
            let value = text.value();
            let (ports, protocol) = value.split_once('/').unwrap_or((&value, "tcp"));
            let (rest, _target) = ports.rsplit_once(':')?;
            let (address, published) = rest.rsplit_once(':').unwrap_or(("", rest));
            (address.to_owned(), published.to_owned(), protocol.to_owned())
        }
        _ => {
            let or = |key, default: &str| member(node, key).unwrap_or_else(|| default.to_owned());
            (or("host_ip", ""), member(node, "published")?, or("protocol", "tcp"))
        }
    };
    let address = address.trim_start_matches('[').trim_end_matches(']');
    let address = match address.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) if address.is_empty() => "127.0.0.1".to_owned(),
        Err(_) => address.to_owned(),
    };
    Some(format!("{address} {published} {}", protocol.to_lowercase()))
}

/// A port and its protocol.
fn exposed(node: &Node) -> Option<String> {
    let value = text(node)?.to_lowercase();
    Some(value.strip_suffix("/tcp").unwrap_or(&value).to_owned())
}

/// A capability without its prefix.
fn capability(node: &Node) -> Option<String> {
    let name = text(node)?.to_uppercase();
    Some(name.strip_prefix("CAP_").unwrap_or(&name).to_owned())
}

/// The name of an option that a container has once; an option of `label` may be there several times.
fn security_option(node: &Node) -> Option<String> {
    let option = text(node)?;
    let name = option.split(['=', ':']).next().unwrap_or_default();
    Some(if name == "label" { option } else { name.to_owned() })
}

/// The variable that takes a secret, or the path at which it is mounted.
fn secret(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Scalar(name) => Some(format!("/run/secrets/{}", name.value())),
        Kind::Map(entries) => match (member(node, "source"), member(node, "target")) {
            (_, Some(target)) => Some(normalized(&target)),
            (Some(source), None) => Some(format!("/run/secrets/{source}")),
            (None, None) => Some(entries.first()?.key.value()),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn scalar(value: &str) -> Node {
        Node {
            span: Span::default(),
            defined: None,
            kind: Kind::Scalar(Text::literal(value, Span::default())),
        }
    }

    #[test]
    fn ports_are_identified_by_address_port_and_protocol() {
        let same = ["8080:80", "127.0.0.1:8080:81", "8080:80/tcp", "127.0.0.1:8080:80/TCP"];
        for text in same {
            assert_eq!(port(&scalar(text)).as_deref(), Some("127.0.0.1 8080 tcp"), "{text}");
        }
        assert_eq!(port(&scalar("[::1]:53:53/udp")).as_deref(), Some("::1 53 udp"));
        assert_eq!(port(&scalar("80")), None);
    }

    #[test]
    fn devices_are_identified_by_their_path_in_the_container() {
        for (text, target) in [
            ("/dev/dri", "/dev/dri"),
            ("/dev/dri/", "/dev/dri"),
            ("/dev/dri:rwm", "/dev/dri"),
            ("/dev/ttyUSB0:/dev/zigbee:rw", "/dev/zigbee"),
            ("nvidia.com/gpu=all", "nvidia.com/gpu=all"),
        ] {
            assert_eq!(device(&scalar(text)).as_deref(), Some(target), "{text}");
        }
    }
}
