//! Podman on NixOS searches no registry for an image without one.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let images = host.services.iter().flat_map(|service| &service.containers).map(|c| &c.settings.image);
    for image in images.filter(|image| !image.value.has_registry) {
        let written = image.text.value();
        let name = written.find([':', '@']).unwrap_or(written.len());
        diagnostics.push(
            Diagnostic::new(
                Code::UnqualifiedImage,
                format!("`{written}` names no registry"),
                image.span(),
                "expected a registry before it",
            )
            .help(format!(
                "write `{}{}`, if it is Docker's",
                image.value.repository,
                &written[name..]
            )),
        );
    }
}
