//! Implicit values of a project (compose-go, loader/normalize.go): the default network, names, dependencies.

use indexmap::IndexMap;

use super::budget::Budget;
use super::environment::{Environment, implied};
use super::model::Model;
use super::paths::join;
use crate::project::{Kind, Node, Origin};

/// Adds implicit values.
pub(super) fn normalize(model: &mut Model, name: &str, environment: &Environment, budget: &Budget) {
    let mut default_network = None;
    for service in model.services.iter_mut().flat_map(IndexMap::values_mut) {
        let origin = service.origin;
        let Kind::Map(keys) = &mut service.kind else { continue };
        if add_default_network(keys, origin) {
            default_network.get_or_insert(origin);
        }
        add_dependencies(keys, origin);
        if let Some(build) = keys.get_mut("build") {
            add_dockerfile(build);
        }
        if let Some(policy) = keys.get_mut("pull_policy")
            && policy.text().as_deref() == Some("if_not_present")
        {
            *policy = implied(policy.origin, "missing");
        }
    }
    if let Some(origin) = default_network
        && !model.networks.contains_key("default")
    {
        model.networks.insert("default".to_owned(), Node { origin, kind: Kind::Null });
    }
    for section in [&mut model.networks, &mut model.volumes, &mut model.secrets, &mut model.configs] {
        for (key, node) in section {
            add_name(key, node, name);
        }
    }
    super::environment::resolve(model, environment, budget);
}

/// Puts a service without networks on the default one. Returns true if the service is on it.
fn add_default_network(keys: &mut IndexMap<String, Node>, origin: Origin) -> bool {
    if keys.contains_key("provider") || keys.contains_key("network_mode") {
        return false;
    }
    let default = |origin| {
        let entry = ("default".to_owned(), Node { origin, kind: Kind::Null });
        Node { origin, kind: Kind::Map(IndexMap::from([entry])) }
    };
    match keys.get_mut("networks") {
        None => {
            keys.insert("networks".to_owned(), default(origin));
            true
        }
        Some(networks) if networks.entries().next().is_none() => {
            *networks = default(networks.origin);
            true
        }
        Some(networks) => networks.get("default").is_some(),
    }
}

/// Adds the dependencies that other keys imply.
fn add_dependencies(keys: &mut IndexMap<String, Node>, origin: Origin) {
    let mut implied_by: Vec<(String, Origin, &str)> = Vec::new();
    for link in keys.get("links").map(Node::items).unwrap_or_default() {
        if let Some(text) = link.text() {
            let service = match text.split(':').collect::<Vec<_>>().as_slice() {
                [service, _] => (*service).to_owned(),
                _ => text.to_string(),
            };
            implied_by.push((service, link.origin, "true"));
        }
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(node) = keys.get(key)
            && let Some(service) = node.text().as_deref().and_then(|text| text.strip_prefix("service:"))
        {
            implied_by.push((service.to_owned(), node.origin, "true"));
        }
    }
    for from in keys.get("volumes_from").map(Node::items).unwrap_or_default() {
        if let Some(text) = from.text().filter(|text| !text.starts_with("container:")) {
            let service = text.split(':').next().unwrap_or_default().to_owned();
            implied_by.push((service, from.origin, "false"));
        }
    }
    if implied_by.is_empty() {
        return;
    }
    let empty = Node { origin, kind: Kind::Map(IndexMap::new()) };
    let depends_on = keys.entry("depends_on".to_owned()).or_insert(empty);
    if matches!(depends_on.kind, Kind::Null) {
        depends_on.kind = Kind::Map(IndexMap::new());
    }
    let Kind::Map(depends_on) = &mut depends_on.kind else { return };
    for (service, origin, restart) in implied_by {
        depends_on.entry(service).or_insert_with(|| {
            let entry = |key: &str, value: &str| (key.to_owned(), implied(origin, value));
            let flag = |key: &str, value: &str| (key.to_owned(), flag(origin, value));
            let entries =
                [entry("condition", "service_started"), flag("restart", restart), flag("required", "true")];
            Node { origin, kind: Kind::Map(IndexMap::from(entries)) }
        });
    }
}

fn flag(origin: Origin, value: &str) -> Node {
    let mut node = implied(origin, value);
    if let Kind::Scalar(scalar) = &mut node.kind {
        scalar.is_plain = true;
    }
    node
}

/// Gives each `build` a context: the folder of its project, which may be an included one.
pub(super) fn add_contexts(model: &mut Model, folder: &str) {
    for service in model.services.iter_mut().flat_map(IndexMap::values_mut) {
        let Kind::Map(keys) = &mut service.kind else { continue };
        let Some(Node { origin, kind: Kind::Map(build) }) = keys.get_mut("build") else { continue };
        build.entry("context".to_owned()).or_insert_with(|| implied(*origin, join(folder, ".")));
    }
}

fn add_dockerfile(build: &mut Node) {
    let origin = build.origin;
    let Kind::Map(build) = &mut build.kind else { return };
    if !build.contains_key("dockerfile") && !build.contains_key("dockerfile_inline") {
        build.insert("dockerfile".to_owned(), implied(origin, "Dockerfile"));
    }
}

/// Gives a network, volume, secret or config without a name its name on the host.
fn add_name(key: &str, node: &mut Node, project: &str) {
    let origin = node.origin;
    if matches!(node.kind, Kind::Null) {
        node.kind = Kind::Map(IndexMap::new());
    }
    let Kind::Map(entries) = &mut node.kind else { return };
    let is_named = entries.get("name").is_some_and(|name| !matches!(name.kind, Kind::Null));
    if is_named {
        return;
    }
    let is_external = entries.get("external").and_then(Node::text).is_some_and(|text| text == "true");
    let name = if is_external { key.to_owned() } else { format!("{project}_{key}") };
    entries.insert("name".to_owned(), implied(origin, name));
}
