//! The replacement of Compose's `deploy` (<https://docs.docker.com/reference/compose-file/deploy/>):
//! `deploy: { resources: { limits: { memory: 512m } } }` is `limits: { memory: 512m }`.

use crate::tree::{Kind, Node};
use crate::word::listed;

/// The names of limits in Compose, and in `limits`.
const LIMITS: &[(&str, &str)] = &[("memory", "memory"), ("cpus", "cpus"), ("pids", "pids")];

/// The help for the mapping `deploy`. `None` if it is not a mapping.
pub(super) fn instead(deploy: &Node) -> Option<String> {
    let Kind::Map(members) = &deploy.kind else { return None };
    let keys: Vec<String> =
        [limits(deploy), devices(deploy), restart(deploy)].into_iter().flatten().collect();
    let copies = member(deploy, &["replicas"]).and_then(Node::text).and_then(|text| text.parse::<u32>().ok());
    let copies = copies.filter(|copies| *copies > 1);
    Some(match (keys.as_slice(), copies) {
        ([], None) if members.is_empty() => "remove `deploy`".to_owned(),
        ([], None) => "remove `deploy`: its settings are for Docker Swarm".to_owned(),
        ([], Some(copies)) => format!("remove `deploy`, and declare each of the {copies} containers"),
        (keys, None) => format!("write {} instead", listed(keys)),
        (keys, Some(copies)) => {
            format!("declare {copies} containers, and write {} in each", listed(keys))
        }
    })
}

fn limits(deploy: &Node) -> Option<String> {
    let of = |kind: &str, name: &str| member(deploy, &["resources", kind, name]).and_then(Node::text);
    let mut limits: Vec<String> = LIMITS
        .iter()
        .filter_map(|(theirs, ours)| Some(format!("{ours}: {}", of("limits", theirs)?)))
        .collect();
    limits.extend(of("reservations", "memory").map(|memory| format!("memory_reservation: {memory}")));
    (!limits.is_empty()).then(|| format!("`limits: {{ {} }}`", limits.join(", ")))
}

/// NVIDIA GPUs are the only devices that Compose reserves by itself.
fn devices(deploy: &Node) -> Option<String> {
    member(deploy, &["resources", "reservations", "devices"])?;
    Some("`devices: [nvidia.com/gpu=all]`".to_owned())
}

fn restart(deploy: &Node) -> Option<String> {
    let word = match member(deploy, &["restart_policy", "condition"])?.text()?.as_str() {
        "none" => "no",
        "on-failure" => "on-failure",
        _ => "always",
    };
    Some(format!("`restart: {word}`"))
}

fn member<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a Node> {
    keys.iter().try_fold(node, |node, key| node.get(key))
}
