//! Images that stopped working with each other.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id, Network, Service};
use crate::image::Dropped;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let users: Vec<User> = host
        .services
        .iter()
        .flat_map(|service| {
            service.containers.iter().filter_map(|container| {
                Some(User {
                    service: &service.name,
                    container,
                    dropped: container.settings.image.value.dropped()?,
                })
            })
        })
        .collect();
    if users.is_empty() {
        return;
    }
    let mut dropped: Vec<&Dropped> = Vec::new();
    for user in &users {
        if !dropped.iter().any(|known| known.image == user.dropped.image) {
            dropped.push(user.dropped);
        }
    }
    // The first one on each network, and in each service: with `network_mode` a container has no networks, and its service is
    // what says that the two belong together.
    let mut on_network: HashMap<(&Id<Network>, &str), usize> = HashMap::new();
    let mut in_service: HashMap<(&Id<Service>, &str), usize> = HashMap::new();
    for (place, user) in users.iter().enumerate() {
        in_service.entry((user.service, &user.dropped.image)).or_insert(place);
        for attached in &user.container.networks {
            on_network.entry((&attached.network, &user.dropped.image)).or_insert(place);
        }
    }
    for (service, container) in host.services.iter().flat_map(|s| s.containers.iter().map(move |c| (s, c))) {
        let image = &container.settings.image.value;
        let Some(dropped) = dropped.iter().find(|dropped| image.is(&dropped.image)) else { continue };
        let beside = in_service.get(&(&service.name, dropped.image.as_str()));
        let elsewhere = container
            .networks
            .iter()
            .filter_map(|attached| on_network.get(&(&attached.network, dropped.image.as_str())));
        let Some(user) = beside.or_else(|| elsewhere.min()).map(|place| &users[*place]) else { continue };
        let known = user.container.settings.image.value.known().map_or("", |known| known.name);
        let newer = format!("{known} {}", dropped.since);
        let major = image.major().unwrap_or(16).to_string();
        diagnostics.push(
            Diagnostic::new(
                Code::ImagePair,
                format!("{newer} does not run on {}", dropped.name),
                container.settings.image.text.span,
                "is no longer supported",
            )
            .and(user.container.settings.image.text.span, format!("{newer} or newer"))
            .help(dropped.instead.replace("MAJOR", &major)),
        );
    }
}

/// A container whose image does not run with another one.
struct User<'a> {
    service: &'a Id<Service>,
    container: &'a Container,
    dropped: &'static Dropped,
}
