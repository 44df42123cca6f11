//! Tags that stand for newer images at some time.

use crate::form::Image;

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

/// The releases that a moving tag stands for in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Follows {
    /// Any release, such as `latest-alpine`.
    Any,
    /// The releases of a version, such as `v3` and `3.1-alpine`. The version is as in the tag.
    Version(String),
}

impl Image {
    /// Reports whether a pull may bring any other version: the image has no tag, or a tag that moves to each version.
    pub(crate) fn is_moving(&self) -> bool {
        let is_code_name = |tag: &str| self.is_code_name(tag.split('-').next().unwrap_or_default());
        let is_moving = |tag: &String| is_floating(tag) && !is_code_name(tag);
        self.digest.is_none() && self.tag.as_ref().is_none_or(is_moving)
    }

    /// The releases that the tag stands for. `None` for a digest, for a fixed version such as `v3.0.1`, and for a tag
    /// without a part that a version can replace, such as `alpine`.
    pub(crate) fn follows(&self) -> Option<Follows> {
        if self.digest.is_some() {
            return None;
        }
        let Some(tag) = &self.tag else { return Some(Follows::Any) };
        let first = tag.split('-').next().unwrap_or_default();
        if FLOATING.contains(&first.to_lowercase().as_str()) && is_floating(tag) {
            return Some(Follows::Any);
        }
        let numbers: Vec<&str> = first.strip_prefix('v').unwrap_or(first).split('.').collect();
        let is_part =
            numbers.len() < 3 && numbers.iter().all(|n| n.parse::<u32>().is_ok() && !n.starts_with('+'));
        is_part.then(|| Follows::Version(first.to_owned()))
    }
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

fn is_version(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Form;

    #[test]
    fn a_moving_tag_follows_all_releases_or_those_of_a_version() {
        let follows = |tag: &str| Image::parse(&format!("docker.io/example/app{tag}")).unwrap().follows();
        for tag in ["", ":latest", ":release-cuda", ":latest-alpine", ":Stable"] {
            assert_eq!(follows(tag), Some(Follows::Any), "{tag}");
        }
        for (tag, version) in [(":v3", "v3"), (":3.1-alpine", "3.1"), (":2", "2")] {
            assert_eq!(follows(tag), Some(Follows::Version(version.to_owned())), "{tag}");
        }
        let digest = format!(":3@sha256:{}", "0".repeat(64));
        for tag in [":v3.0.1", ":release-4.0.9", ":alpine", ":fpm-alpine", ":pg16", ":v", ":3.x", &digest] {
            assert_eq!(follows(tag), None, "{tag}");
        }
    }
}
