//! A tag that moves brings another program at some restart, and none at all while the image is not pulled.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::job::Work;
use crate::image::ImageName;
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
        let image = ImageName::of(&container.compose.image);
        // What is built on this host has the version that was built.
        if image.pinned
            || image.repository.starts_with("localhost/")
            || updated.contains(container.name.as_str())
        {
            continue;
        }
        let said = match image.tag.as_deref() {
            None => "has no tag, which is `latest`".to_owned(),
            Some(tag) if is_floating(tag) => format!("has a tag that moves: `{tag}`"),
            Some(_) => continue,
        };
        diagnostics.push(
            Diagnostic::new(
                Code::FloatingImage,
                format!("the image of `{}` {said}", container.name),
                container.compose.image.0.span,
                "may be another program after the next pull",
            )
            .help("name a version, such as its major, or pin it with @sha256:…"),
        );
    }
}

/// The containers that an update pulls: on command, and back if the new image does not get well. A tag that moves is
/// what it is for.
fn updated(host: &Host) -> HashSet<&str> {
    let updates = host.jobs().filter_map(|job| match &job.work {
        Work::Update(update) => Some(&update.containers),
        _ => None,
    });
    updates.flatten().map(String::as_str).collect()
}

/// `latest`, and `latest-alpine`, which moves with it; and what has no number at all, such as `alpine` or
/// `fpm`: a variant of whatever is newest.
fn is_floating(tag: &str) -> bool {
    if !tag.contains(|c: char| c.is_ascii_digit()) {
        return true;
    }
    let word = tag.split('-').next().unwrap_or_default().to_lowercase();
    FLOATING.contains(&word.as_str())
}
