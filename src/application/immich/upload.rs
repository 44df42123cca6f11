//! Uploads to Immich, with the client that it offers for a command line.

use crate::application::Uploader;
use crate::form::Image;

/// Photos and videos go to Immich, and are deleted once it has them.
pub(crate) static UPLOADER: Uploader = Uploader {
    application: "Immich",
    script: ("upload-immich.sh", include_str!("../../../templates/scripts/upload-immich.sh")),
    package: "immich-cli",
    program: "immich",
    is_served_by,
};

/// Whether the server of Immich runs in an image: its own, or one that somebody else makes of it.
fn is_served_by(image: &Image) -> bool {
    let name = image.repository.rsplit('/').next().unwrap_or_default();
    name.contains("immich") && !name.contains("machine-learning")
}
