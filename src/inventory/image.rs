//! Images of containers.

use serde::Serialize;

use super::{Cell, Row};

/// The image of a container.
#[derive(Debug, Serialize)]
pub(crate) struct Image {
    /// The container.
    pub container: String,
    /// The service.
    pub service: String,
    /// The image, without its digest.
    pub image: String,
    /// The digest, from the file or from the lock file.
    pub digest: Option<String>,
    /// True if the digest is from the lock file.
    pub locked: bool,
    /// The versions that the tag stands for in turn: `any`, or a version such as `v3`. `None` if the tag does not move, or
    /// if there is a digest.
    pub moves_within: Option<String>,
    /// The policy of pulling.
    pub pull: &'static str,
    /// The job that updates it.
    pub updated_by: Option<String>,
}

/// The number of characters of a digest in a table.
const SHOWN: usize = "sha256:".len() + 12;

impl Row for Image {
    const COLUMNS: &'static [&'static str] = &["Container", "Image", "Digest", "Tag", "Pull", "Updated by"];

    fn cells(&self) -> Vec<Cell> {
        let shown = |digest: &String| digest.chars().take(SHOWN).collect::<String>() + "…";
        let tag = match (&self.digest, self.moves_within.as_deref()) {
            (Some(_), _) if self.locked => "locked".to_owned(),
            (Some(_), _) => "fixed by the digest".to_owned(),
            (None, Some("any")) => "moves to any version".to_owned(),
            (None, Some(version)) => format!("moves within {version}"),
            (None, None) => "fixed".to_owned(),
        };
        vec![
            Cell::name(&self.container),
            Cell::name(&self.image),
            Cell::optional(&self.digest.as_ref().map(shown)),
            Cell::words(tag),
            Cell::words(self.pull),
            Cell::optional(&self.updated_by),
        ]
    }
}
