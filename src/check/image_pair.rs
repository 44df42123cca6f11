//! Images that stopped working with each other. Immich 3 took out its support of pgvecto.rs; VectorChord
//! replaces it (<https://docs.immich.app/administration/postgres-standalone>).

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    // The first Immich 3 on each network, with its place in the file.
    let mut servers: HashMap<&str, (usize, &Container)> = HashMap::new();
    for (place, server) in host.containers().enumerate().filter(|(_, c)| is_immich_3(c)) {
        for attached in &server.networks {
            servers.entry(&attached.network).or_insert((place, server));
        }
    }
    for (service, database) in host.services.iter().flat_map(|s| s.containers.iter().map(move |c| (s, c))) {
        let image = &database.settings.image.value;
        if !image.is("tensorchord/pgvecto-rs") {
            continue;
        }
        // With `network_mode` a container has no networks, and its service is what says that the two belong together.
        let beside = service.containers.iter().find(|c| is_immich_3(c));
        let elsewhere = database.networks.iter().filter_map(|n| servers.get(n.network.as_str()));
        let elsewhere = || elsewhere.min_by_key(|(place, _)| place).map(|(_, server)| *server);
        let Some(server) = beside.or_else(elsewhere) else { continue };
        let major = image.major().unwrap_or(16);
        diagnostics.push(
            Diagnostic::new(
                Code::ImagePair,
                "Immich 3 does not run on pgvecto.rs",
                database.settings.image.text.span,
                "is no longer supported",
            )
            .and(server.settings.image.text.span, "Immich 3 or newer")
            .help(format!("back up first, then take ghcr.io/immich-app/postgres:{major}-vectorchord0.4.3-pgvectors0.2.0, which reads the same data")),
        );
    }
}

fn is_immich_3(container: &Container) -> bool {
    let image = &container.settings.image.value;
    image.is("immich-app/immich-server")
        && (image.major().is_some_and(|m| m >= 3)
            || matches!(image.tag.as_deref(), None | Some("release" | "latest")))
}
