//! A tag that moves brings another program at some restart, and none at all while the image is not pulled.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Image;
use crate::hir::job::Work;
use crate::hir::{Container, Host, Id};
use crate::image::{NEWEST_POSTGRES, POSTGRES_DATA};
use crate::path::straight;
use crate::setting::Volume;
use crate::tree::Node;

/// Tags that are given to each new version.
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
        // What is built on this host has the version that was built.
        if image.digest.is_some()
            || image.repository.starts_with("localhost/")
            || updated.contains(&container.name)
        {
            continue;
        }
        let said = match image.tag.as_deref() {
            None => "has no tag, which is `latest`".to_owned(),
            Some(tag) if is_floating(tag) && !is_code_name(image, tag) => {
                format!("has a tag that moves: `{tag}`")
            }
            Some(_) => continue,
        };
        diagnostics.push(
            Diagnostic::new(
                Code::FloatingImage,
                format!("the image of `{}` {said}", container.name),
                container.settings.image.text.span,
                "may be another program after the next pull",
            )
            .help(match postgres_tag(container, image) {
                Some(tag) => {
                    format!("write the major that made the data, such as `{}:{tag}`", image.repository)
                }
                None => "name a version, such as its major, or pin it with @sha256:…".to_owned(),
            }),
        );
    }
}

/// The containers that an update pulls: on command, and back if the new image does not get well. A tag that moves is
/// what it is for.
fn updated(host: &Host) -> HashSet<&Id<Container>> {
    let updates = host.jobs().filter_map(|job| match &job.work {
        Work::Update(update) => Some(&update.containers),
        _ => None,
    });
    updates.flatten().collect()
}

/// The tag of the newest Postgres in the same variant: `18-alpine` for `alpine`. A folder at the old path holds the data
/// of 17 or older.
fn postgres_tag(container: &Container, image: &Image) -> Option<String> {
    let variant = image.is("library/postgres").then(|| image.tag.as_deref().unwrap_or("latest"))?;
    let is_old = |volume: &Volume| straight(&volume.target.value()) == POSTGRES_DATA;
    let major = if container.volumes.iter().any(is_old) { 17 } else { NEWEST_POSTGRES };
    Some(match variant {
        "latest" => major.to_string(),
        variant => format!("{major}-{variant}"),
    })
}

/// `latest`, and `latest-alpine`, which moves with it; and a tag with no version but that of a distribution, such as
/// `alpine`, `fpm` or `alpine3.22`: a variant of whatever is newest. `release-4.0.9` and `nightly-20260101` are versions.
fn is_floating(tag: &str) -> bool {
    let has_digit = |part: &&str| part.contains(|c: char| c.is_ascii_digit());
    let word = tag.split('-').next().unwrap_or_default().to_lowercase();
    let has_version = word != "latest" && tag.split('-').any(|part| has_digit(&part) && is_version(part));
    FLOATING.contains(&word.as_str()) && !has_version || tag.split('-').filter(has_digit).all(is_distribution)
}

/// Whether a part of a tag is a release of a distribution, such as `alpine3.22`.
fn is_distribution(part: &str) -> bool {
    ["alpine", "debian", "ubuntu"].iter().filter_map(|name| part.strip_prefix(name)).any(is_version)
}

/// Whether a tag of a distribution's own image names a release, such as `trixie` and `trixie-slim`.
fn is_code_name(image: &Image, tag: &str) -> bool {
    image.is_code_name(tag.split('-').next().unwrap_or_default())
}

fn is_version(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || c == '.')
}
