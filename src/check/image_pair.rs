//! Images that stopped working with each other. Immich 3 took out its support of pgvecto.rs; VectorChord
//! replaces it (<https://docs.immich.app/administration/postgres-standalone>).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::image::ImageName;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in &host.services {
        let images: Vec<_> = service
            .containers
            .iter()
            .map(|c| (ImageName::of(&c.compose.image), c.compose.image.0.span))
            .collect();
        let server = images.iter().find(|(image, _)| {
            image.is("immich-app/immich-server")
                && (image.major().is_some_and(|m| m >= 3)
                    || matches!(image.tag.as_deref(), None | Some("release" | "latest")))
        });
        let database = images.iter().find(|(image, _)| image.is("tensorchord/pgvecto-rs"));
        if let (Some((_, server)), Some((image, database))) = (server, database) {
            let major = image.major().unwrap_or(16);
            diagnostics.push(
                Diagnostic::new(
                    Code::ImagePair,
                    "Immich 3 does not run on pgvecto.rs",
                    *database,
                    "is no longer supported",
                )
                .and(*server, "Immich 3 or newer")
                .help(format!("back up first, then take ghcr.io/immich-app/postgres:{major}-vectorchord0.4.3-pgvectors0.2.0, which reads the same data")),
            );
        }
    }
}
