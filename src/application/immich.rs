//! Immich, <https://immich.app>.

mod album;
mod upload;

pub use album::ImmichAlbum;
pub use upload::UPLOADER;
