//! An automatic update gives the name of a container's image to the image of a release. The tag has to be one that stands
//! for several releases: `v3.0.1` as a name of 3.0.2 would be wrong.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::job::Work;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for job in host.jobs() {
        let Work::Update(update) = &job.work else { continue };
        let Some(automatic) = update.automatic else { continue };
        for container in update.containers.iter().filter_map(|id| host.container(id)) {
            let image = &container.settings.image;
            let is_local = image.value.repository.starts_with("localhost/");
            if image.value.follows().is_some() && !is_local {
                continue;
            }
            let why = match &image.value {
                _ if is_local => "is built on the host, and has no registry".to_owned(),
                named if named.digest.is_some() => "is pinned by its digest".to_owned(),
                named => format!("has the fixed tag `{}`", named.tag.as_deref().unwrap_or_default()),
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::UpdateFixed,
                    format!("the image of `{}` cannot be updated automatically", container.name),
                    image.text.span,
                    why,
                )
                .and(automatic, "installs the releases of the channel")
                .help(match is_local {
                    true => "remove the container from `restart`, or remove `automatic`",
                    false => {
                        "write a tag that moves with the releases, such as `latest` or the major version, or remove \
                         `automatic`"
                    }
                }),
            );
        }
    }
}
