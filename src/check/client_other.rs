//! What a client uploads goes to Immich's own interface, which nothing else has.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    // The first container of each service, where none of its containers is Immich.
    let others: HashMap<&str, &Container> = host
        .services
        .iter()
        .filter(|_| !host.clients.is_empty())
        .filter(|service| !service.containers.iter().any(is_immich))
        .filter_map(|service| Some((service.name.as_str(), service.containers.first()?)))
        .collect();
    for upload in host.clients.iter().map(|client| &client.upload) {
        // That it cannot be reached is said.
        if upload.site.span == Span::NOWHERE {
            continue;
        }
        // A service without containers may be NixOS's own Immich.
        let Some(first) = others.get(upload.service.as_str()) else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::ClientOther,
                format!("`{}` is no Immich", upload.service),
                upload.to.span,
                "photos are uploaded to Immich alone",
            )
            .and(first.settings.image.text.span, "runs this")
            .help("name the service that is Immich"),
        );
    }
}

/// Whether the server of Immich runs in a container: in its own image, or in one that somebody else makes of it.
fn is_immich(container: &Container) -> bool {
    let image = &container.settings.image.value;
    let name = image.repository.rsplit('/').next().unwrap_or_default();
    // A value that could not be read has no image.
    name.is_empty() || name.contains("immich") && !name.contains("machine-learning")
}
