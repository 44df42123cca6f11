//! Resources: `deploy`, `ulimits`, devices and GPUs.

use super::container::Container;
use crate::document::{Map, Part, Value};
use crate::project::{self, Node};
use crate::report::Kind;

/// Converts `deploy`. On one host Compose uses its resources, its restart policy and the number of replicas.
pub(super) fn convert(container: &mut Container, node: &Node) {
    for (key, value) in node.entries() {
        match key.as_str() {
            "resources" => resources(container, value),
            // Read with `restart`.
            "restart_policy" => {}
            "replicas" => replicas(container, value),
            _ => container.left_out(value, "Compose uses it only with Docker Swarm"),
        }
    }
}

/// A number of equal containers, of which homegen runs one.
pub(super) fn replicas(container: &mut Container, node: &Node) {
    match node.text().as_deref() {
        Some("1") => container.left_out(node, "it is the default"),
        Some("0") => {
            container.set(&["auto_start"], Value::Plain("false".to_owned()), node.origin);
        }
        _ => container.dropped(node, "homegen runs one container of each kind"),
    }
}

fn resources(container: &mut Container, node: &Node) {
    for (group, values) in node.entries() {
        for (key, value) in values.entries() {
            match (group.as_str(), key.as_str()) {
                ("limits", "cpus") => container.limit("cpus", value),
                ("limits", "memory") => container.limit("memory", value),
                ("limits", "pids") => container.limit("pids", value),
                ("reservations", "memory") => container.limit("memory_reservation", value),
                ("reservations", "cpus") => {
                    container.left_out(value, "Compose uses it only with Docker Swarm")
                }
                ("reservations", "devices") => value.items().iter().for_each(|item| gpu(container, item)),
                _ => {
                    container.dropped(value, format!("homegen has no `{key}` of `deploy.resources.{group}`"))
                }
            }
        }
    }
}

/// Converts `deploy.restart_policy`, which replaces `restart`.
pub(super) fn restart_policy(container: &mut Container, node: &Node) {
    if node.get("condition").is_none() && node.entries().next().is_none() {
        container.left_out(node, "it is the default");
    }
    for (key, value) in node.entries() {
        match key.as_str() {
            "condition" => match value.text().as_deref() {
                Some("none") => container.set(&["restart"], Value::text("no"), value.origin),
                Some("on-failure") => container.set(&["restart"], Value::text("on-failure"), value.origin),
                _ => container.left_out(value, "it is the default"),
            },
            "max_attempts" => {
                container.dropped(
                    value,
                    "systemd has no limit of attempts: the container restarts on every failure",
                );
            }
            _ => container.left_out(value, "Compose uses it only with Docker Swarm"),
        }
    }
}

/// Converts `gpus`.
pub(super) fn gpus(container: &mut Container, node: &Node) {
    if node.text().as_deref() == Some("all") {
        container.append(&["devices"], Value::text("nvidia.com/gpu=all"), node.origin);
        return;
    }
    node.items().iter().for_each(|item| gpu(container, item));
}

/// Converts a reservation of a GPU. Podman names GPUs by their CDI names.
fn gpu(container: &mut Container, item: &Node) {
    let driver = item.get("driver").and_then(Node::text).unwrap_or_else(|| "nvidia".into());
    if driver == "cdi" {
        for id in item.get("device_ids").into_iter().flat_map(Node::items) {
            if let Some(value) = container.context.value(id) {
                container.append(&["devices"], value, item.origin);
            }
        }
        return;
    }
    if !matches!(&*driver, "nvidia" | "") {
        container.dropped(item, "homegen knows only GPUs of NVIDIA here: write the device under `devices`");
        return;
    }
    let ids: Vec<String> = item
        .get("device_ids")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|id| Some(id.text()?.into_owned()))
        .collect();
    let ids = if ids.is_empty() { vec!["all".to_owned()] } else { ids };
    for id in ids {
        let device = Value::text(format!("nvidia.com/gpu={id}"));
        let is_known = matches!(container.converted("devices"), Some(Value::List(items)) if items.iter().any(|one| one.value == device));
        if !is_known {
            container.append(&["devices"], device, item.origin);
        }
    }
    let cause = "a GPU is a device: the host needs `hardware.nvidia-container-toolkit.enable = true`";
    container.context.ledger.line(Kind::Changed, Some(item.origin), cause, None);
}

/// Converts devices: `source:target:permissions`, where a part that is a default is left out.
pub(super) fn devices(container: &mut Container, node: &Node) {
    container.placed(node.origin, "devices");
    for item in node.items() {
        if item.entries().next().is_none() {
            if let Some(value) = container.context.value(item) {
                container.append(&["devices"], value, item.origin);
            }
            continue;
        }
        let text = |key: &str| item.get(key).and_then(Node::text).unwrap_or_default().into_owned();
        let (source, target, permissions) = (text("source"), text("target"), text("permissions"));
        let mut parts = match item.get("source").map(|node| (&node.kind, node.origin)) {
            Some((project::Kind::Scalar(scalar), origin)) => container.context.parts(scalar, origin),
            _ => Vec::new(),
        };
        let has_permissions = !matches!(permissions.as_str(), "" | "rwm");
        if has_permissions || !target.is_empty() && target != source {
            parts.push(Part::Text(format!(":{}", if target.is_empty() { &source } else { &target })));
        }
        if has_permissions {
            parts.push(Part::Text(format!(":{permissions}")));
        }
        let value = Value::Text(super::container::joined(parts));
        container.append(&["devices"], value, item.origin);
    }
}

/// Converts limits by name: one number, or a soft and a hard one.
pub(super) fn ulimits(container: &mut Container, node: &Node) {
    container.placed(node.origin, "ulimits");
    for (name, value) in node.entries() {
        let single = value.get("single").and_then(Node::text).or_else(|| value.text());
        if let Some(single) = single {
            let number = super::text_or_number(vec![Part::Text(single.into_owned())]);
            container.set(&["ulimits", name], number, value.origin);
            continue;
        }
        let mut map = Map::default();
        for key in ["soft", "hard"] {
            if let Some(number) = value.get(key).and_then(Node::text) {
                map.push(key, super::text_or_number(vec![Part::Text(number.into_owned())]));
            }
        }
        container.set(&["ulimits", name], Value::Map(map), value.origin);
    }
}

/// Converts `blkio_config`, of which Podman has the weight and the limits by device.
pub(super) fn block_io(container: &mut Container, node: &Node) {
    for (key, value) in node.entries() {
        if key == "weight" {
            container.argument("--blkio-weight", value);
            continue;
        }
        for item in value.items() {
            let text = |key: &str| item.get(key).and_then(Node::text).unwrap_or_default().into_owned();
            let (option, number) = match key.as_str() {
                "weight_device" => ("--blkio-weight-device", text("weight")),
                "device_read_bps" => ("--device-read-bps", text("rate")),
                "device_write_bps" => ("--device-write-bps", text("rate")),
                "device_read_iops" => ("--device-read-iops", text("rate")),
                _ => ("--device-write-iops", text("rate")),
            };
            let argument = format!("{option}={}:{number}", text("path"));
            container.append(&["podman_args"], Value::text(argument), item.origin);
        }
    }
}
