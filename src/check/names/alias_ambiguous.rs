//! A container on several networks gets the addresses of a name from all of them: aardvark-dns looks the name up on
//! each network of the container that asks (`lookup` in src/backend/mod.rs).

use std::collections::HashMap;

use crate::check::networks::named_hosts::{Named, named_hosts};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id, Network};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let all =
        || host.services.iter().filter(|service| service.enable).flat_map(|service| &service.containers);
    let mut by_name: HashMap<(&Id<Network>, String), &Container> = HashMap::new();
    for container in all() {
        for attached in &container.networks {
            let aliases = container.aliases(attached).into_iter().map(|alias| alias.value());
            for name in aliases.chain([container.name.to_string()]) {
                // `alias_taken.rs` reports a second container on the same network.
                by_name.entry((&attached.network, name.to_lowercase())).or_insert(container);
            }
        }
    }
    let by_id: HashMap<&Id<Container>, &Container> = all().map(|c| (&c.name, c)).collect();
    for container in all() {
        // A container that shares the network of another one uses its DNS.
        let other = container.shares_network_of.as_ref().and_then(|other| by_id.get(other));
        let networks = &other.map_or(container, |other| other).networks;
        if networks.len() < 2 {
            continue;
        }
        for Named { host, span, .. } in named_hosts(container) {
            let found = networks.iter().filter_map(|attached| {
                let answers = by_name.get(&(&attached.network, host.to_lowercase()))?;
                Some((*answers, &attached.network))
            });
            let found: Vec<(&Container, &Id<Network>)> = found.collect();
            let Some(((first, on), (second, also_on))) = found.first().and_then(|first| {
                Some((first, found.iter().find(|(container, _)| container.name != first.0.name)?))
            }) else {
                continue;
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::AliasTaken,
                    format!("`{host}` resolves to two containers in `{}`", container.name),
                    span,
                    "resolves to the addresses of both",
                )
                .and(first.span, format!("`{}` has this name on the network `{on}`", first.name))
                .and(second.span, format!("`{}` has this name on the network `{also_on}`", second.name))
                .help(help(&host, first, second)),
            );
        }
    }
}

fn help(host: &str, first: &Container, second: &Container) -> String {
    let full: Vec<String> = [first, second]
        .iter()
        .filter(|container| container.name.as_str() != host)
        .map(|container| format!("`{}`", container.name))
        .collect();
    match full.as_slice() {
        [one] => format!("write {one} to reach that container, or rename it"),
        _ => format!("write the full name, {}", full.join(" or ")),
    }
}
