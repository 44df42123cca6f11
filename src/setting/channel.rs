//! Channels of releases.

use crate::shape::keyword;

keyword! {
    /// A channel of releases. A tag with a word such as `beta` is a prerelease, even if its forge does not mark it as
    /// one.
    Channel is "a channel" {
        /// Releases.
        Stable = "stable",
        /// Releases and release candidates: tags with `rc`.
        Candidate = "candidate",
        /// Releases and all prereleases.
        Beta = "beta",
        /// All tags with a version, also without a release.
        Edge = "edge",
    }
}
