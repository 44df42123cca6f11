//! What stands for Compose's `deploy` here (<https://docs.docker.com/reference/compose-file/deploy/>):
//! `deploy: { resources: { limits: { memory: 512m } } }` is `limits: { memory: 512m }`.

use crate::tree::{Kind, Node};
use crate::word::listed;

/// Compose's names of limits, and those of `limits`.
const LIMITS: &[(&str, &str)] = &[("memory", "memory"), ("cpus", "cpus"), ("pids", "pids")];

/// What to write in place of the mapping `deploy`. `None` if it is none.
pub(super) fn instead(deploy: &Node) -> Option<String> {
    let Kind::Map(members) = &deploy.kind else { return None };
    let keys: Vec<String> =
        [limits(deploy), devices(deploy), restart(deploy)].into_iter().flatten().collect();
    let copies = member(deploy, &["replicas"]).and_then(Node::text).and_then(|text| text.parse::<u32>().ok());
    let copies = copies.filter(|copies| *copies > 1);
    Some(match (keys.as_slice(), copies) {
        ([], None) if members.is_empty() => "remove it".to_owned(),
        ([], None) => "remove it: what it says is for Docker Swarm".to_owned(),
        ([], Some(copies)) => format!("remove it, and write out each of the {copies} containers"),
        (keys, None) => format!("write {} in its place", listed(keys)),
        (keys, Some(copies)) => {
            format!("write {} in its place, in each of {copies} containers", listed(keys))
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

/// Graphics cards of NVIDIA are the only devices that Compose reserves by itself.
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
