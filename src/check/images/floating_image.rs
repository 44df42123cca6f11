//! A moving tag brings another version at some restart, and none as long as the image is not pulled.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Image;
use crate::hir::job::Work;
use crate::hir::{Container, Host, Id};
use crate::image::{NEWEST_POSTGRES, POSTGRES_DATA};
use crate::path::normalized;
use crate::setting::Volume;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let updated = updated(host);
    for container in host.containers() {
        let image = &container.settings.image.value;
        // A locally built image has the version that was built.
        if image.digest.is_some()
            || container.digest.is_some()
            || image.repository.starts_with("localhost/")
            || updated.contains(&container.name)
        {
            continue;
        }
        let problem = match image.tag.as_deref() {
            // `unqualified_image.rs` asks for the registry and the tag.
            None if !image.has_registry => continue,
            None => "has no tag, so Podman uses `latest`".to_owned(),
            Some(tag) if image.is_moving() => format!("has the moving tag `{tag}`"),
            Some(_) => continue,
        };
        diagnostics.push(
            Diagnostic::new(
                Code::FloatingImage,
                format!("the image of `{}` {problem}", container.name),
                container.settings.image.text.span,
                "the next pull may bring another version",
            )
            .help(match postgres_tag(container, image) {
                Some(tag) => {
                    format!("write the major version of the data, such as `{}:{tag}`", image.repository)
                }
                None => "write a version tag, or pin the image with `@sha256:…`".to_owned(),
            }),
        );
    }
}

/// The containers that an `update` job restarts. The job pulls on command and rolls back if the new image is not
/// healthy, so that a moving tag is intended there.
fn updated(host: &Host) -> HashSet<&Id<Container>> {
    let updates = host.jobs().filter_map(|job| match &job.work {
        Work::Update(update) => Some(&update.containers),
        _ => None,
    });
    updates.flatten().collect()
}

/// The tag of the newest Postgres in the same variant: `18-alpine` for `alpine`. A folder at the old path holds the
/// data of 17 or older.
fn postgres_tag(container: &Container, image: &Image) -> Option<String> {
    let variant = image.is("library/postgres").then(|| image.tag.as_deref().unwrap_or("latest"))?;
    let is_old = |volume: &Volume| normalized(&volume.target.value()) == POSTGRES_DATA;
    let major = if container.volumes.iter().any(is_old) { 17 } else { NEWEST_POSTGRES };
    Some(match variant {
        "latest" => major.to_string(),
        variant => format!("{major}-{variant}"),
    })
}
