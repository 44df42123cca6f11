//! Dependencies between containers: `depends_on`, `links`, and shared namespaces.

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexSet;

use super::container::Container;
use crate::document::Value;
use crate::project::{Node, Project, Step};
use crate::report::Kind;

/// The names that links give to other services, by the keys of those services.
pub(super) fn aliases_of_links(project: &Project) -> HashMap<String, IndexSet<String>> {
    let mut aliases: HashMap<String, IndexSet<String>> = HashMap::new();
    for service in project.services.iter().filter(|service| service.is_active) {
        for link in service.keys.get("links").into_iter().flat_map(Node::items) {
            let text = link.text().unwrap_or_default().into_owned();
            if let Some((target, alias)) = text.split_once(':') {
                aliases.entry(target.to_owned()).or_default().insert(alias.to_owned());
            }
        }
    }
    aliases
}

/// The services whose completion others wait for.
pub(super) fn completed(project: &Project) -> BTreeSet<String> {
    let active = project.services.iter().filter(|service| service.is_active);
    let dependencies = active.filter_map(|service| service.keys.get("depends_on")).flat_map(Node::entries);
    dependencies
        .filter(|(_, node)| condition(node) == "service_completed_successfully")
        .map(|(name, _)| name.clone())
        .collect()
}

fn condition(node: &Node) -> String {
    node.get("condition").and_then(Node::text).unwrap_or_else(|| "service_started".into()).into_owned()
}

/// Converts `depends_on`.
pub(super) fn depends_on(container: &mut Container, node: &Node) {
    container.placed(node.origin, "depends_on");
    // A dependency that Compose derives from another key.
    let is_derived = |origin| {
        let origins = &container.context.project.origins;
        let mut place = origins.place(origin);
        loop {
            match (&place.step, place.parent) {
                (Step::Key(key), _) if key == "depends_on" => return false,
                (_, Some(parent)) => place = origins.place(parent),
                (_, None) => return true,
            }
        }
    };
    let written: Vec<(String, Node)> = node
        .entries()
        .filter(|(_, one)| !is_derived(one.origin))
        .map(|(name, one)| (name.clone(), one.clone()))
        .collect();
    for (name, one) in written {
        let Some(target) = container.context.names.get(&name).cloned() else {
            container.dropped(&one, "a dependency is a service that is not written");
            continue;
        };
        let (value, is_dropped) = match condition(&one).as_str() {
            "service_healthy" if has_check(container, &name) => ("healthy", false),
            "service_healthy" => ("started", true),
            "service_completed_successfully" => ("completed", false),
            _ => ("started", false),
        };
        container.set(&["depends_on", &target], Value::text(value), one.origin);
        for key in ["required", "restart"] {
            if let Some(flag) = one.get(key).filter(|flag| flag.origin != one.origin) {
                container.left_out(flag, "a dependent restarts with its dependency");
            }
        }
        if is_dropped {
            let at = one.get("condition").unwrap_or(&one).origin;
            let cause = "homegen waits only for health checks of the file: write a `healthcheck` for the dependency to wait for it";
            container.context.ledger.line(Kind::Changed, Some(at), cause, Some(format!("`{name}`")));
        }
    }
}

/// True if a service has a health check with a command.
fn has_check(container: &Container, service: &str) -> bool {
    let service = container.context.project.services.iter().find(|one| one.name == service);
    let check = service.and_then(|service| service.keys.get("healthcheck"));
    check.is_some_and(|check| {
        let is_disabled = check.get("disable").and_then(Node::text).as_deref() == Some("true");
        let first = check.get("test").and_then(|test| test.items().first()).and_then(Node::text);
        !is_disabled && first.is_some_and(|first| first != "NONE")
    })
}

/// Converts `links`: a dependency, and a further name of the other container.
pub(super) fn links(container: &mut Container, node: &Node) {
    for link in node.items() {
        let text = link.text().unwrap_or_default().into_owned();
        let target = text.split(':').next().unwrap_or_default();
        let Some(name) = container.context.names.get(target).cloned() else {
            container.dropped(link, "a link is to a service that is not written");
            continue;
        };
        let is_known =
            matches!(container.converted("depends_on"), Some(Value::Map(map)) if map.get(&name).is_some());
        if !is_known {
            container.set(&["depends_on", &name], Value::text("started"), link.origin);
        }
        container.changed(link, "a link is a dependency, and a further name of the other container", None);
    }
}

/// Converts `ipc` and `pid`, which may be the namespace of another container.
pub(super) fn namespace(container: &mut Container, key: &str, node: &Node) {
    let text = node.text().unwrap_or_default().into_owned();
    match text.strip_prefix("service:") {
        Some(service) => match container.context.names.get(service) {
            Some(name) => {
                let name = container.context.full_name(name);
                container.set(&[key], Value::text(format!("container:{name}")), node.origin);
            }
            None => container.dropped(node, "the service whose namespace the container uses is not written"),
        },
        None => match text.strip_prefix("container:") {
            Some(name) => match container.context.container_called(name) {
                Some(own) => {
                    let name = container.context.full_name(&own);
                    container.set(&[key], Value::text(format!("container:{name}")), node.origin);
                }
                // A container that the file does not declare.
                None => container.argument(&format!("--{key}"), node),
            },
            None => container.copy(key, node),
        },
    }
}
