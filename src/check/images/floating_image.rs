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

/// Tags that move to each new version.
const FLOATING: &[&str] = &[
    "beta",
    "canary",
    "dev",
    "develop",
    "development",
    "edge",
    "latest",
    "main",
    "master",
    "nightly",
    "next",
    "release",
    "rolling",
    "stable",
    "testing",
    "unstable",
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let updated = updated(host);
    for container in host.containers() {
        let image = &container.settings.image.value;
        // A locally built image has the version that was built.
        if image.digest.is_some()
            || image.repository.starts_with("localhost/")
            || updated.contains(&container.name)
        {
            continue;
        }
        let problem = match image.tag.as_deref() {
            // `unqualified_image.rs` asks for the registry and the tag.
            None if !image.has_registry => continue,
            None => "has no tag, so Podman uses `latest`".to_owned(),
            Some(tag) if is_floating(tag) && !is_code_name(image, tag) => {
                format!("has the moving tag `{tag}`")
            }
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

/// True for `latest` and tags that move with it, such as `latest-alpine`; and for tags whose only version is a
/// distribution's, such as `alpine`, `fpm` or `alpine3.22`: a variant of the newest version. `release-4.0.9` and
/// `nightly-20260101` are versions.
fn is_floating(tag: &str) -> bool {
    let has_digit = |part: &&str| part.contains(|c: char| c.is_ascii_digit());
    let word = tag.split('-').next().unwrap_or_default().to_lowercase();
    let has_version = word != "latest" && tag.split('-').any(|part| has_digit(&part) && is_version(part));
    FLOATING.contains(&word.as_str()) && !has_version || tag.split('-').filter(has_digit).all(is_distribution)
}

/// True if a part of a tag is a release of a distribution, such as `alpine3.22`.
fn is_distribution(part: &str) -> bool {
    ["alpine", "debian", "ubuntu"].iter().filter_map(|name| part.strip_prefix(name)).any(is_version)
}

/// True if a tag of a distribution's own image names a release, such as `trixie` and `trixie-slim`.
fn is_code_name(image: &Image, tag: &str) -> bool {
    image.is_code_name(tag.split('-').next().unwrap_or_default())
}

fn is_version(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || c == '.')
}
