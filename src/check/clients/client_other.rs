//! An upload uses the interface of one application; no other service accepts it.

use std::collections::HashMap;

use crate::application::UPLOADERS;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id, Service};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    // The first container of each service in which no container accepts uploads.
    let others: HashMap<&Id<Service>, &Container> = host
        .services
        .iter()
        .filter(|_| !host.clients.is_empty())
        .filter(|service| !service.containers.iter().any(may_take_uploads))
        .filter_map(|service| Some((&service.name, service.containers.first()?)))
        .collect();
    let applications = UPLOADERS.map(|uploader| uploader.application).join(" or ");
    for upload in host.clients.iter().map(|client| &client.upload) {
        // An unreachable service is already reported.
        if upload.site.span == Span::PLACEHOLDER {
            continue;
        }
        // A service without containers may be a NixOS service.
        let Some((service, first)) = upload.service.as_ref().and_then(|id| others.get_key_value(id)) else {
            continue;
        };
        diagnostics.push(
            Diagnostic::new(
                Code::ClientOther,
                format!("`{service}` does not accept uploads"),
                upload.to.span,
                format!("expected a service that runs {applications}"),
            )
            .and(first.settings.image.text.span, "this image does not accept uploads")
            .help(format!("name a service that runs {applications}")),
        );
    }
}

/// True if a container runs an image that accepts uploads, or one that could not be parsed.
fn may_take_uploads(container: &Container) -> bool {
    let image = &container.settings.image.value;
    image.repository.is_empty() || UPLOADERS.iter().any(|uploader| (uploader.is_served_by)(image))
}
