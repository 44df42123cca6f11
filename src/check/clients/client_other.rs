//! An upload goes through an application's own interface, which nothing else has.

use std::collections::HashMap;

use crate::application::UPLOADERS;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id, Service};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    // The first container of each service, where none of its containers takes uploads.
    let others: HashMap<&Id<Service>, &Container> = host
        .services
        .iter()
        .filter(|_| !host.clients.is_empty())
        .filter(|service| !service.containers.iter().any(may_take_uploads))
        .filter_map(|service| Some((&service.name, service.containers.first()?)))
        .collect();
    let applications = UPLOADERS.map(|uploader| uploader.application).join(" or ");
    for upload in host.clients.iter().map(|client| &client.upload) {
        // That a service cannot be reached is reported already.
        if upload.site.span == Span::NOWHERE {
            continue;
        }
        // A service without containers may be one of NixOS's own.
        let Some((service, first)) = upload.service.as_ref().and_then(|id| others.get_key_value(id)) else {
            continue;
        };
        diagnostics.push(
            Diagnostic::new(
                Code::ClientOther,
                format!("`{service}` takes no uploads"),
                upload.to.span,
                format!("uploads go to {applications} alone"),
            )
            .and(first.settings.image.text.span, "runs this")
            .help(format!("name the service that is {applications}")),
        );
    }
}

/// Whether an image that cannot be read, or that takes uploads, runs in a container.
fn may_take_uploads(container: &Container) -> bool {
    let image = &container.settings.image.value;
    image.repository.is_empty() || UPLOADERS.iter().any(|uploader| (uploader.is_served_by)(image))
}
