//! `image` and `build`.

use super::container::{Container, joined};
use crate::data::{self, Row};
use crate::document::{Part, Value};
use crate::project;

use serde::Deserialize;

/// An image that cannot run in a unit: `data/unsupported-images.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unsupported {
    /// The image, without registry and tag.
    image: String,
    /// The reason.
    reason: String,
}

/// Converts `image` and `build`, of which a service has one or both.
pub(super) fn convert(container: &mut Container) {
    let service = container.service;
    let (image, build) = (service.keys.get("image"), service.keys.get("build"));
    let Some(image) = image else {
        match build {
            Some(build) => container.refused(build, "the image is only built: publish it, and write `image`"),
            None => container.context.ledger.refused(
                service.origin,
                "a service has no image: the file adds to another one, which comes first on the command line",
            ),
        }
        return;
    };
    let project::Kind::Scalar(scalar) = &image.kind else { return };
    let written = scalar.value();
    if let Some(build) = build {
        // A name without an owner is one that only the build makes.
        if !written.contains('/') {
            container.refused(build, "the image is only built: publish it, and write `image`");
            return;
        }
        container.left_out(build, "the image is pulled");
        let detail = Some(format!("`{written}`"));
        container.changed(build, "the image is pulled in place of being built", detail);
    }
    if written.split('/').next().is_some_and(|registry| registry.contains('@') && written.contains('/')) {
        container.refused(image, "an image names a user of its registry: write the login under `login`");
        return;
    }
    if let Some(reason) = unsupported(&written) {
        container.refused(image, reason);
        return;
    }
    let full = format!("{}{}", registry(&written), without_tag(&written));
    if let Some(preset) = container.context.presets.get(full.as_str()) {
        let detail = Some(format!("`preset: {preset}`"));
        container.changed(
            image,
            "homegen has a preset for this image, which sets up the whole service",
            detail,
        );
    }
    let mut parts = vec![Part::Text(registry(&written).to_owned())];
    parts.extend(container.context.parts(scalar, image.origin));
    container.set(&["image"], Value::Text(joined(parts)), image.origin);
}

/// The registry that Docker assumes for a short name: `docker.io/`, and `library/` for an image without an owner.
fn registry(image: &str) -> &'static str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => "",
        Some(_) => "docker.io/",
        None => "docker.io/library/",
    }
}

/// An image without its tag and digest.
fn without_tag(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    let path = name.rfind('/').map_or(0, |at| at + 1);
    &name[..name[path..].find(':').map_or(name.len(), |at| path + at)]
}

/// The reason for which an image cannot run in a unit.
fn unsupported(image: &str) -> Option<String> {
    let name = without_tag(image);
    let rows: &[Row<Unsupported>] = data::rows!(Unsupported, "unsupported-images");
    let row =
        rows.iter().map(Row::get).find(|row| name == row.image || name.ends_with(&format!("/{}", row.image)));
    row.map(|row| row.reason.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_on_docker_hub() {
        let names = ["redis:7", "me/app", "ghcr.io/me/app", "registry:5000/a", "localhost/a"];
        assert_eq!(names.map(registry), ["docker.io/library/", "docker.io/", "", "", ""]);
    }

    #[test]
    fn rows_are_sorted() {
        data::tests::assert_rows_match(
            data::file!("unsupported-images"),
            data::rows!(Unsupported, "unsupported-images"),
        );
    }
}
