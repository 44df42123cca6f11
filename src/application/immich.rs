//! Immich, <https://immich.app>.

mod album;
mod upload;

pub(crate) use album::ImmichAlbum;
pub(super) use upload::UPLOADER;
