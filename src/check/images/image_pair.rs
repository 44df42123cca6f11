//! Images that are incompatible with each other.

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
    // The first user on each network and in each service. A container with `network_mode` has no networks, so that only
    // its service relates the two.
    let mut on_network: HashMap<(&Id<Network>, &str), usize> = HashMap::new();
    let mut in_service: HashMap<(&Id<Service>, &str), usize> = HashMap::new();
    for (index, user) in users.iter().enumerate() {
        in_service.entry((user.service, &user.dropped.image)).or_insert(index);
        for attached in &user.container.networks {
            on_network.entry((&attached.network, &user.dropped.image)).or_insert(index);
        }
    }
    for (service, container) in host.services.iter().flat_map(|s| s.containers.iter().map(move |c| (s, c))) {
        let image = &container.settings.image.value;
        let Some(dropped) = dropped.iter().find(|dropped| image.is(&dropped.image)) else { continue };
        let beside = in_service.get(&(&service.name, dropped.image.as_str()));
        let on_same_network = container
            .networks
            .iter()
            .filter_map(|attached| on_network.get(&(&attached.network, dropped.image.as_str())));
        let Some(user) = beside.or_else(|| on_same_network.min()).map(|index| &users[*index]) else {
            continue;
        };
        let known = user.container.settings.image.value.known().map_or("", |known| known.name);
        let newer = format!("{known} {}", dropped.since);
        let major = image.major().unwrap_or(16).to_string();
        diagnostics.push(
            Diagnostic::new(
                Code::ImagePair,
                format!("{newer} does not support {}", dropped.name),
                container.settings.image.text.span,
                format!("{newer} does not start with this image"),
            )
            .and(user.container.settings.image.text.span, format!("{newer} or newer"))
            .help(dropped.instead.replace("MAJOR", &major)),
        );
    }
}

/// A container whose image is incompatible with another one.
struct User<'a> {
    service: &'a Id<Service>,
    container: &'a Container,
    dropped: &'static Dropped,
}
