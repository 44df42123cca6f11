//! An image needs its registry: the registry that Podman searches for a short name depends on the host's
//! registries.conf.

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
                format!("the image `{written}` has no registry"),
                image.span(),
                "expected `REGISTRY/NAME:TAG`",
            )
            .help(match &written[name..] {
                "" => format!(
                    "for the image on Docker Hub, write `{}:TAG` with a version as TAG",
                    image.value.repository
                ),
                rest => format!("for the image on Docker Hub, write `{}{rest}`", image.value.repository),
            }),
        );
    }
}
