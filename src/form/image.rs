//! Image names.

use super::registry::is_registry;
use super::{Advice, Form};
use crate::word::is_word;

/// An image name. NixOS writes it into a shell script without quotes, hence the narrow form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Image {
    /// The registry and the path, such as `docker.io/library/redis`. The default registry is docker.io.
    pub repository: String,
    /// The name includes the registry.
    pub has_registry: bool,
    /// The tag after the colon.
    pub tag: Option<String>,
    /// The SHA-256 digest, which takes precedence over the tag.
    pub digest: Option<String>,
}

impl Form for Image {
    const NOUN: &'static str = "an image name";
    const LOOKS: &'static str = " such as docker.io/library/redis:7";
    const EXPECTED: &'static str = "REGISTRY/PATH:TAG in lower case";
    const EXAMPLE: &'static str = "ghcr.io/example/app:1";
    const PATTERN: &'static str = r"^([a-z0-9-]+(\.[a-z0-9-]+)+|localhost|[a-z0-9-]+:[0-9]+)(:[0-9]+)?(/[a-z0-9._-]+)+(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@sha256:[0-9a-f]{64})?$";

    fn title() -> &'static str {
        "image"
    }

    fn parse(text: &str) -> Option<Image> {
        qualified(text).or_else(|| Some(Image { has_registry: false, ..qualified(&of_docker(text))? }))
    }

    /// `ghcr.io/Me/App:1`, and `https://ghcr.io/me/app`.
    fn advice(text: &str) -> Option<Advice> {
        if let Some((_, rest)) = text.split_once("://") {
            qualified(rest)?;
            return Advice::rewrite("is a URL", rest);
        }
        // A tag may have capital letters.
        let path = text.rfind('/').map_or(0, |at| at + 1);
        let tag = text[path..].find([':', '@']).map_or(text.len(), |at| path + at);
        let mut suggested = text[..tag].to_lowercase() + &text[tag..];
        (suggested != text).then_some(())?;
        if qualified(&suggested).is_none() {
            suggested = of_docker(&suggested);
        }
        qualified(&suggested)?;
        Advice::write("contains capital letters", suggested)
    }
}

/// An image name at Docker Hub, with its registry.
fn of_docker(text: &str) -> String {
    let library = if text.contains('/') { "" } else { "library/" };
    format!("docker.io/{library}{text}")
}

/// Parses an image name that includes its registry.
fn qualified(text: &str) -> Option<Image> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest.strip_prefix("sha256:")?)),
        None => (text, None),
    };
    let is_digest = |digest: &str| {
        digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    // A colon before the last slash precedes the registry's port.
    let last = name.rfind('/')? + 1;
    let (repository, tag) = match name[last..].find(':') {
        Some(at) => (&name[..last + at], Some(&name[last + at + 1..])),
        None => (name, None),
    };
    let (registry, path) = repository.split_once('/')?;
    let is_step = |step: &str| {
        !step.is_empty()
            && step.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
    };
    let fits = digest.is_none_or(is_digest)
        && (registry.contains(['.', ':']) || registry == "localhost")
        && is_registry(registry)
        && path.split('/').all(is_step)
        && tag.is_none_or(|t| t.len() <= 128 && is_word(t, b"_.-") && !t.starts_with(['.', '-']));
    fits.then(|| Image {
        repository: repository.to_owned(),
        has_registry: true,
        tag: tag.map(str::to_owned),
        digest: digest.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::*;

    #[test]
    fn an_image_is_split_into_repository_and_tag() {
        let image = Image::parse("registry:5000/a/b:1").unwrap();
        assert_eq!((image.repository.as_str(), image.tag.as_deref()), ("registry:5000/a/b", Some("1")));
        let docker = Image::parse("redis:7").unwrap();
        assert_eq!((docker.repository.as_str(), docker.has_registry), ("docker.io/library/redis", false));
    }

    #[test]
    fn only_valid_image_references_are_accepted() {
        parses::<Image>(
            &[
                "docker.io/library/redis:7-alpine",
                "localhost/toy:1",
                "ghcr.io/a/b@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "library/redis",
            ],
            &[
                "docker.io/x; rm -rf /",
                "docker.io/$(id)",
                "docker.io/a:b:c",
                "",
                "a@sha256:00",
                "ghcr.io/Me/App",
            ],
        );
    }

    #[test]
    fn near_misses_get_advice() {
        advises::<Image>(&[
            ("ghcr.io/Me/App:V1", "write `ghcr.io/me/app:V1`"),
            ("Redis:7", "write `docker.io/library/redis:7`"),
            ("https://ghcr.io/me/app", "write `ghcr.io/me/app`"),
        ]);
    }
}
