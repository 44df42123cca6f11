//! `ports` and `expose`.

use super::Publish;
use super::container::{Container, joined};
use crate::document::{Part, Value};
use crate::project::{self, Node};
use crate::report::Kind;

/// The port of DNS, on which Podman's own server answers at the addresses of its networks.
const DNS: &str = "53";

/// Converts the published ports of a container.
pub(super) fn convert(container: &mut Container, node: &Node) {
    container.placed(node.origin, "ports");
    let mode = container.service.keys.get("network_mode").and_then(Node::text);
    if let Some(mode) = mode.filter(|mode| !matches!(&**mode, "bridge" | "default")) {
        let cause = match mode.starts_with("service:") || mode.starts_with("container:") {
            true => "a container in the network of another one publishes no ports: the other one does",
            false => "a container without a network of its own publishes no ports, in Docker too",
        };
        container.dropped(node, cause);
        return;
    }
    for item in
        node.items().iter().filter(|item| !container.context.sites.replace(item.origin)).collect::<Vec<_>>()
    {
        port(container, item);
    }
}

fn port(container: &mut Container, item: &Node) {
    let text = |key: &str| item.get(key).and_then(Node::text).unwrap_or_default().into_owned();
    let (published, protocol) = (text("published"), text("protocol").to_lowercase());
    let suffix = if matches!(protocol.as_str(), "" | "tcp") { String::new() } else { format!("/{protocol}") };
    let target = parts(container, item, "target");
    if published.is_empty() && !has_unset(item.get("published")) {
        let cause = "Docker chooses a port of the host: the port is not published";
        container.context.ledger.dropped(item.origin, cause);
        let mut value = target;
        value.push(Part::Text(suffix));
        container.append(&["expose"], super::text_or_number(joined(value)), item.origin);
        return;
    }
    let address = text("host_ip");
    let has_address = !address.is_empty() || has_unset(item.get("host_ip"));
    let mut value = Vec::new();
    if has_address {
        match address.contains(':') && !address.starts_with('[') {
            true => value.push(Part::Text(format!("[{address}]"))),
            false => value.extend(parts(container, item, "host_ip")),
        }
    } else {
        value.extend(default_address(container, item, &published));
    }
    if !value.is_empty() {
        value.push(Part::Text(":".to_owned()));
    }
    let is_range = published.contains('-') && !text("target").contains('-');
    match published.split('-').next() {
        Some(first) if is_range => {
            value.push(Part::Text(first.to_owned()));
            container.changed(item, "Docker takes a free port of a range: the first one is published", None);
        }
        _ => value.extend(parts(container, item, "published")),
    }
    value.push(Part::Text(":".to_owned()));
    value.extend(target);
    value.push(Part::Text(suffix));
    container.append(&["ports"], Value::Text(joined(value)), item.origin);
    for key in ["mode", "name", "app_protocol"] {
        if let Some(part) = item.get(key).filter(|part| part.origin != item.origin) {
            container.left_out(part, "it has no effect on one host");
        }
    }
}

/// The address of a port without one.
fn default_address(container: &mut Container, item: &Node, published: &str) -> Vec<Part> {
    match container.context.options.publish.clone() {
        Publish::Local => Vec::new(),
        Publish::Address(address) => {
            let bracketed = if address.contains(':') { format!("[{address}]") } else { address };
            vec![Part::Text(bracketed)]
        }
        Publish::Keep if published == DNS => {
            let comment = "fill in the address of the host in the local network";
            let constant = container.context.constants.without_value("LAN_ADDRESS", comment);
            let cause = "port 53 of every address is also the port of Podman's own DNS: fill in an address";
            let detail = Some(format!("the constant `{constant}`"));
            container.context.ledger.line(Kind::FillIn, Some(item.origin), cause, detail);
            vec![Part::Reference(constant)]
        }
        Publish::Keep => {
            let cause = "a port is published on every IPv4 address, as in Docker: `--publish local` keeps ports on 127.0.0.1";
            container.changed(item, cause, None);
            vec![Part::Text("0.0.0.0".to_owned())]
        }
    }
}

/// True if a value has a variable that is not set.
fn has_unset(node: Option<&Node>) -> bool {
    node.is_some_and(|node| match &node.kind {
        project::Kind::Scalar(scalar) => scalar.parts.iter().any(|part| {
            matches!(part, project::Part::Variable(reference)
                if matches!(reference.source, project::ValueSource::Unset | project::ValueSource::Required(_)))
        }),
        _ => false,
    })
}

fn parts(container: &mut Container, item: &Node, key: &str) -> Vec<Part> {
    match item.get(key).map(|node| (&node.kind, node.origin)) {
        Some((project::Kind::Scalar(scalar), origin)) => container.context.parts(scalar, origin),
        _ => Vec::new(),
    }
}

/// Converts the exposed ports of a container.
pub(super) fn expose(container: &mut Container, node: &Node) {
    container.placed(node.origin, "expose");
    for item in node.items() {
        if let Some(value) = container.context.value(item) {
            container.append(&["expose"], value, item.origin);
        }
    }
}
