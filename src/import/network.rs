//! Networks, and the names of containers on them.

use std::collections::{HashMap, HashSet};

use super::container::Container;
use super::names::{Taken, slug};
use super::{Context, Existing};
use crate::document::{Item, Map, Part, Value};
use crate::form::{Domain, Form};
use crate::project::{self, Node, Service};
use crate::report::Path;

/// The networks of the project: each with its name among homegen's networks, or `None` for the network of the service.
#[derive(Debug, Default)]
pub(super) struct Networks {
    names: HashMap<String, Option<String>>,
}

/// Compose's network of services that name none.
const DEFAULT: &str = "default";

/// Converts the top-level networks.
pub(super) fn convert(context: &mut Context, existing: &Existing, document: &mut Map) {
    let project = context.project;
    let mut taken = Taken::new(existing.networks.iter().cloned());
    let own = own_network(project);
    for (key, node) in &project.networks {
        if Some(key.as_str()) == own {
            context.networks.names.insert(key.clone(), None);
            for (member, value) in node.entries().filter(|(_, value)| value.origin != node.origin) {
                leave_out(context, member, value);
            }
            let why = "the network of the service has this part";
            if context.is_written(node, key) {
                context.ledger.left_out(node.origin, why);
            }
            continue;
        }
        let is_external = text(node, "external").as_deref() == Some("true");
        let given = text(node, "name").filter(|_| is_written(node, "name", context));
        let given = given.map(|name| match name.is_empty() {
            true => unnamed(context, node),
            false => name,
        });
        let wanted = match (&given, is_external) {
            (Some(name), _) => slug(name),
            (None, true) => slug(key),
            (None, false) => format!("{}-{}", context.service, slug(key)),
        };
        // homegen's name of the service's own network.
        let wanted = match wanted == format!("{}-network", context.service) {
            true => format!("{}-shared", context.service),
            false => wanted,
        };
        // An external network is shared with other projects, so it may be there.
        let is_shared = is_external || given.is_some();
        let is_there = existing.networks.contains(&wanted);
        let name = if is_shared { wanted } else { taken.take(&wanted) };
        context.networks.names.insert(key.clone(), Some(name.clone()));
        let place = Path::of(&["networks", &name]);
        let mut map = Map::default();
        top_level(context, node, &place, &mut map, is_external);
        if context.is_leaf(node) {
            context.ledger.mapped(node.origin, place.clone());
        }
        if context.is_written(node, key) {
            context.ledger.placed(node.origin, place);
        }
        if !(is_shared && is_there) {
            document.map("networks").set(&name, Value::Map(map));
        }
    }
    context.networks.names.entry(DEFAULT.to_owned()).or_insert(None);
}

/// The network that is the own network of the service: `default` if it has no settings, or the only network without
/// settings that all containers are on.
fn own_network(project: &project::Project) -> Option<&str> {
    let has_settings = |node: &Node| {
        node.entries().any(|(key, value)| match key.as_str() {
            "driver" => value.text().is_some_and(|driver| driver != "bridge" && !driver.is_empty()),
            "name" => value.origin != node.origin,
            "attachable" | "enable_ipv4" => false,
            "external" | "internal" | "enable_ipv6" => value.text().as_deref() == Some("true"),
            "ipam" => value
                .entries()
                .any(|(key, value)| key != "driver" || value.text().as_deref() != Some("default")),
            _ => true,
        })
    };
    let active: Vec<&Service> = project.services.iter().filter(|service| service.is_active).collect();
    let on = |service: &Service| -> Vec<String> {
        match service.keys.get("networks") {
            Some(node) => node.entries().map(|(name, _)| name.clone()).collect(),
            None => vec![DEFAULT.to_owned()],
        }
    };
    let attached = active.iter().filter(|service| !service.keys.contains_key("network_mode"));
    let attached: Vec<Vec<String>> = attached.map(|service| on(service)).collect();
    if attached.iter().flatten().any(|name| name == DEFAULT) {
        let settings = project.networks.get(DEFAULT);
        return match settings {
            Some(node) if has_settings(node) => None,
            _ => Some(DEFAULT),
        };
    }
    let first = attached.first()?.first()?;
    let is_only = attached.iter().all(|networks| networks.len() == 1 && networks[0] == *first);
    let (name, node) = project.networks.get_key_value(first)?;
    (is_only && !has_settings(node)).then_some(name.as_str())
}

/// The name of a network whose name is a variable without a value: the name of the variable.
fn unnamed(context: &mut Context, node: &Node) -> String {
    let Some(name) = node.get("name") else { return String::new() };
    let project::Kind::Scalar(scalar) = &name.kind else { return String::new() };
    let variable = scalar.parts.iter().find_map(|part| match part {
        project::Part::Variable(reference) => Some(reference.name.clone()),
        project::Part::Text(_) => None,
    });
    let variable = variable.unwrap_or_else(|| "network".to_owned());
    let called = slug(&variable);
    let cause = "the name of a network is a variable without a value";
    let detail = Some(format!("it is called `{called}`"));
    context.ledger.line(crate::report::Kind::FillIn, Some(name.origin), cause, detail);
    called
}

/// True if a key is written in the file, not derived by Compose.
fn is_written(node: &Node, key: &str, context: &Context) -> bool {
    node.get(key).is_some_and(|value| {
        value.origin != node.origin && context.project.origins.place(value.origin).parent.is_some()
    })
}

fn text(node: &Node, key: &str) -> Option<String> {
    Some(node.get(key)?.text()?.into_owned())
}

/// Accounts for a member of a network that needs no settings.
fn leave_out(context: &mut Context, member: &str, value: &Node) {
    match member {
        "labels" => context.ledger.dropped(value.origin, "homegen's networks have no labels"),
        "internal" | "enable_ipv6" => context.ledger.changed(value.origin, "it is the default"),
        "ipam" => context.ledger.left_out_whole(value.origin, "it is the default"),
        _ => context.ledger.left_out_whole(value.origin, "it is the default"),
    }
}

/// Converts the settings of a network.
fn top_level(context: &mut Context, node: &Node, place: &Path, map: &mut Map, is_external: bool) {
    for (key, value) in node.entries().filter(|(_, value)| value.origin != node.origin) {
        let is_true = value.text().as_deref() == Some("true");
        match key.as_str() {
            "driver" => match value.text().as_deref() {
                Some("bridge" | "") | None => context.ledger.left_out(value.origin, "it is the default"),
                Some(driver) => {
                    let cause = format!("a network has the driver `{driver}`: write it under `nixos`");
                    context.ledger.refused(value.origin, cause);
                }
            },
            "name" => context.ledger.mapped(value.origin, place.clone()),
            "external" if is_external => {
                let cause =
                    "a network of other projects is declared, because on NixOS no other program creates it";
                context.ledger.changed(value.origin, cause);
            }
            "external" | "attachable" | "enable_ipv4" => {
                context.ledger.left_out_whole(value.origin, "it is the default");
            }
            "internal" if is_true => flag(context, "internal", value, place, map),
            "enable_ipv6" if is_true => flag(context, "ipv6", value, place, map),
            "internal" | "enable_ipv6" => context.ledger.changed(value.origin, "it is the default"),
            "ipam" => ipam(context, value, place, map),
            "driver_opts" => driver_opts(context, value, place, map),
            "labels" => context.ledger.dropped(value.origin, "homegen's networks have no labels"),
            key if key.starts_with("x-") => context.ledger.left_out(value.origin, "an extension"),
            key => context.ledger.dropped(value.origin, format!("homegen's networks have no `{key}`")),
        }
    }
}

fn flag(context: &mut Context, key: &str, value: &Node, place: &Path, map: &mut Map) {
    map.set(key, Value::Plain("true".to_owned()));
    context.ledger.mapped(value.origin, place.key(key));
}

/// Converts the subnets of a network. homegen takes lists in the same order.
fn ipam(context: &mut Context, node: &Node, place: &Path, map: &mut Map) {
    for (key, value) in node.entries() {
        match key.as_str() {
            "driver" if value.text().as_deref() == Some("default") => {
                context.ledger.left_out(value.origin, "it is the default");
            }
            "config" => {
                for pool in value.items() {
                    for (key, one) in pool.entries() {
                        match key.as_str() {
                            "subnet" | "gateway" | "ip_range" => {
                                if let Some(text) = context.value(one) {
                                    append(map, key, text);
                                }
                                context.ledger.mapped(one.origin, place.key(key));
                            }
                            _ => context
                                .ledger
                                .dropped(one.origin, "Podman has no reserved addresses of a network"),
                        }
                    }
                }
            }
            _ => context.ledger.dropped(value.origin, "Podman assigns addresses in its own way"),
        }
    }
}

/// Adds a value: alone, or in a list with others.
fn append(map: &mut Map, key: &str, value: Value) {
    match map.get(key).cloned() {
        None => map.set(key, value),
        Some(Value::List(mut items)) => {
            items.push(Item::from(value));
            map.set(key, Value::List(items));
        }
        Some(first) => map.set(key, Value::List(vec![Item::from(first), Item::from(value)])),
    }
}

/// Converts the options of the bridge driver. Docker's names have prefixes.
fn driver_opts(context: &mut Context, node: &Node, place: &Path, map: &mut Map) {
    for (key, value) in node.entries() {
        let Some(text) = context.value(value) else { continue };
        match key.as_str() {
            "com.docker.network.bridge.name" => {
                map.set("interface", text);
                context.ledger.mapped(value.origin, place.key("interface"));
            }
            "com.docker.network.driver.mtu" | "mtu" => {
                map.map("driver_opts").set("mtu", text);
                context.ledger.mapped(value.origin, place.key("driver_opts").key("mtu"));
            }
            "com.docker.network.bridge.enable_icc" | "com.docker.network.bridge.enable_ip_masquerade"
                if value.text().as_deref() == Some("true") =>
            {
                context.ledger.changed(value.origin, "it is the default");
            }
            _ => context.ledger.dropped(value.origin, "Podman's bridge driver has no such option"),
        }
    }
}

/// Converts `networks` of a container.
pub(super) fn attachments(container: &mut Container, node: &Node) {
    if container.service.keys.contains_key("network_mode") {
        container.left_out(node, "`network_mode` replaces it");
        return;
    }
    // Compose derives the default network.
    if node.origin == container.service.origin {
        return;
    }
    container.placed(node.origin, "networks");
    let attached: Vec<(&String, &Node)> = node.entries().collect();
    let names: Vec<Option<String>> = attached
        .iter()
        .map(|(name, _)| container.context.networks.names.get(*name).cloned().flatten())
        .collect();
    let is_own = names.iter().all(Option::is_none);
    let has_settings = |node: &Node| {
        node.entries().any(|(key, _)| matches!(key.as_str(), "ipv4_address" | "ipv6_address" | "mac_address"))
            || attached.len() > 1 && node.get("aliases").is_some()
    };
    let is_map = attached.iter().any(|(_, node)| has_settings(node));
    for ((_, node), name) in attached.iter().zip(&names) {
        let shown = name.clone().unwrap_or_else(|| DEFAULT.to_owned());
        if is_own && !is_map {
            if node.entries().next().is_none() {
                container.context.ledger.left_out(node.origin, "the network of the service");
            }
        } else if !is_map {
            container.append(&["networks"], Value::text(&shown), node.origin);
        } else if node.entries().next().is_none() {
            container.set(&["networks", &shown], Value::Map(Map::default()), node.origin);
        }
        for (key, value) in node.entries() {
            match key.as_str() {
                "aliases" if attached.len() == 1 => {
                    for alias in value.items() {
                        add_alias(container, alias);
                    }
                }
                "aliases" => {
                    for alias in value.items() {
                        if let Some(text) = container.context.value(alias) {
                            container.append(&["networks", &shown, "aliases"], text, alias.origin);
                        }
                    }
                }
                "ipv4_address" | "ipv6_address" | "mac_address" => {
                    if let Some(text) = container.context.value(value) {
                        container.set(&["networks", &shown, key], text, value.origin);
                    }
                }
                "priority" | "gw_priority" => {
                    container.changed(value, "Podman attaches networks in the order of the file", None);
                }
                _ => container.dropped(value, format!("homegen has no `{key}` of a container on a network")),
            }
        }
    }
}

/// A further name of a container, unless it has the name already.
fn add_alias(container: &mut Container, node: &Node) {
    let Some(text) = node.text().map(|text| text.into_owned()) else { return };
    if text == container.name || text == container.context.full_name(&container.name) {
        container.changed(node, "the container has this name on the network of its service", None);
    } else if Domain::parse(&text).is_none() {
        container.dropped(node, "the name of a container is not a domain name");
    } else if !has_alias(container, &text)
        && let Some(value) = container.context.value(node)
    {
        container.append(&["aliases"], value, node.origin);
    } else {
        container.changed(node, "the container has this name already", None);
    }
}

fn has_alias(container: &Container, name: &str) -> bool {
    match container.converted("aliases") {
        Some(Value::List(items)) => items.iter().any(|item| item.value == Value::text(name)),
        _ => false,
    }
}

/// Converts `container_name`: the container has the name of its service and its own, and the old one as an alias.
pub(super) fn container_name(container: &mut Container, node: &Node) {
    let text = node.text().unwrap_or_default().into_owned();
    let full = container.context.full_name(&container.name);
    if text == container.name || text == full {
        container.left_out(node, "the container has this name");
    } else if !has_own_network(container) {
        container.left_out(node, "the container has another name on the host, and none on a network");
    } else {
        add_alias(container, node);
    }
}

/// True if the container uses the network of another container.
pub(super) fn shares_network(container: &Container) -> bool {
    let mode = container.service.keys.get("network_mode").and_then(Node::text);
    mode.is_some_and(|mode| mode.starts_with("service:") || mode.starts_with("container:"))
}

/// True unless the container uses the network of the host or of another container.
fn has_own_network(container: &Container) -> bool {
    let mode = container.service.keys.get("network_mode").and_then(Node::text);
    mode.is_none_or(|mode| matches!(&*mode, "bridge" | "default"))
}

/// Adds the names that the container has in Compose, and has not yet.
pub(super) fn names(container: &mut Container) {
    if !has_own_network(container) {
        return;
    }
    let service = container.service;
    let networks = service.keys.get("networks").into_iter().flat_map(Node::entries);
    let is_shared =
        networks.filter_map(|(name, _)| container.context.networks.names.get(name)).any(Option::is_some);
    let mut wanted = Vec::new();
    if service.name != container.name
        || is_shared && service.name != container.context.full_name(&container.name)
    {
        wanted.push(service.name.clone());
    }
    wanted.extend(container.context.aliases.get(&service.name).cloned().unwrap_or_default());
    let full = container.context.full_name(&container.name);
    let mut known: HashSet<String> = match container.converted("aliases") {
        Some(Value::List(items)) => {
            items.iter().filter_map(|item| item.value.literal().map(str::to_owned)).collect()
        }
        _ => HashSet::new(),
    };
    for name in wanted {
        let is_own = name == container.name && !is_shared || name == full;
        if !is_own && known.insert(name.clone()) && Domain::parse(&name).is_some() {
            container.add("aliases", Value::text(name));
        }
    }
}

/// Converts `network_mode`.
pub(super) fn mode(container: &mut Container, node: &Node) {
    let text = node.text().unwrap_or_default().into_owned();
    match text.as_str() {
        "bridge" | "default" => container.left_out(node, "the network of the service takes its place"),
        "host" | "none" => container.copy("network_mode", node),
        mode => match mode.split_once(':') {
            Some(("service", service)) => match container.context.names.get(service).cloned() {
                Some(name) => {
                    let value = Value::text(format!("service:{name}"));
                    container.set(&["network_mode"], value, node.origin);
                }
                None => {
                    container.dropped(node, "the service whose network the container uses is not written")
                }
            },
            Some(("container", name)) => {
                // The container may be one of this project.
                let own = container.context.container_called(name);
                let name = own.map_or_else(|| name.to_owned(), |own| container.context.full_name(&own));
                container.set(&["network_mode"], Value::text(format!("container:{name}")), node.origin);
            }
            _ => container.refused(node, format!("there is no network mode `{mode}` on one host")),
        },
    }
}

/// Converts `mac_address`, which is a setting of the only network.
pub(super) fn mac_address(container: &mut Container, node: &Node) {
    let project::Kind::Scalar(scalar) = &node.kind else { return };
    let mut parts = vec![Part::Text("--mac-address=".to_owned())];
    parts.extend(container.context.parts(scalar, node.origin));
    let value = Value::Text(super::container::joined(parts));
    container.append(&["podman_args"], value, node.origin);
}

/// Converts `extra_hosts`: names with one or several addresses.
pub(super) fn extra_hosts(container: &mut Container, node: &Node) {
    container.placed(node.origin, "extra_hosts");
    for (name, value) in node.entries() {
        let addresses: Vec<&Node> = match &value.kind {
            project::Kind::List(items) => items.iter().collect(),
            _ => vec![value],
        };
        for address in addresses {
            let project::Kind::Scalar(scalar) = &address.kind else { continue };
            let mut parts = vec![Part::Text(format!("{name}:"))];
            parts.extend(container.context.parts(scalar, address.origin));
            let value = Value::Text(super::container::joined(parts));
            container.append(&["extra_hosts"], value, address.origin);
        }
    }
}
