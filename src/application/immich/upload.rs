//! Uploads to Immich, with its command-line program.

use crate::application::Uploader;
use crate::form::Image;

/// Uploads photos and videos to Immich, and deletes them once Immich has them.
pub(crate) static UPLOADER: Uploader = Uploader {
    application: "Immich",
    script: ("upload-immich.sh", include_str!("../../../templates/scripts/upload-immich.sh")),
    package: "immich-cli",
    program: "immich",
    is_served_by,
};

/// Returns true if an image contains the server of Immich: its own image, or a third party's.
fn is_served_by(image: &Image) -> bool {
    let name = image.repository.rsplit('/').next().unwrap_or_default();
    name.contains("immich") && !name.contains("machine-learning")
}
