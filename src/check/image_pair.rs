//! Images that stopped working with each other. Immich 3 took out its support of pgvecto.rs; VectorChord
//! replaces it (<https://docs.immich.app/administration/postgres-standalone>).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::image::ImageName;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for database in host.containers() {
        let image = ImageName::of(&database.compose.image);
        if !image.is("tensorchord/pgvecto-rs") {
            continue;
        }
        // With `network_mode` a container has no networks, and its service is what says that the two belong together.
        let service = host.services.iter().find(|s| s.containers.iter().any(|c| c.name == database.name));
        let neighbours = service.iter().flat_map(|s| &s.containers);
        let elsewhere = host.containers().filter(|c| share_network(c, database));
        let Some(server) = neighbours.chain(elsewhere).find(|c| is_immich_3(c)) else { continue };
        let major = image.major().unwrap_or(16);
        diagnostics.push(
            Diagnostic::new(
                Code::ImagePair,
                "Immich 3 does not run on pgvecto.rs",
                database.compose.image.0.span,
                "is no longer supported",
            )
            .and(server.compose.image.0.span, "Immich 3 or newer")
            .help(format!("back up first, then take ghcr.io/immich-app/postgres:{major}-vectorchord0.4.3-pgvectors0.2.0, which reads the same data")),
        );
    }
}

fn is_immich_3(container: &Container) -> bool {
    let image = ImageName::of(&container.compose.image);
    image.is("immich-app/immich-server")
        && (image.major().is_some_and(|m| m >= 3)
            || matches!(image.tag.as_deref(), None | Some("release" | "latest")))
}

/// Whether two containers can talk to each other, in whatever services they are.
fn share_network(one: &Container, other: &Container) -> bool {
    one.networks.iter().any(|a| other.networks.iter().any(|b| a.network == b.network))
}
