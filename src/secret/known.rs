//! The places of known secrets in a text.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The length from which a value counts as the secret wherever it stands, not as a common word.
const SHORTEST: usize = 4;

/// Known secrets by their first bytes, so that a search costs as much as the text is long.
#[derive(Debug, Default)]
pub(crate) struct KnownSecrets<'a> {
    /// The secrets by their first bytes.
    starts: HashMap<[u8; SHORTEST], Vec<&'a str>>,
    /// The first bytes alone, sorted: most places of a text have another one, and need no lookup by a hash.
    first: Vec<u8>,
}

impl<'a> KnownSecrets<'a> {
    /// Secrets with these values. Short values are left out.
    pub(crate) fn new(values: impl IntoIterator<Item = &'a str>) -> KnownSecrets<'a> {
        let mut known = KnownSecrets::default();
        for value in values.into_iter().collect::<HashSet<&str>>() {
            if let Some(start) = value.as_bytes().first_chunk() {
                known.starts.entry(*start).or_default().push(value);
                known.first.push(start[0]);
            }
        }
        known.first.sort_unstable();
        known.first.dedup();
        known
    }

    /// The place of the first secret in `text`, the longest one there.
    pub(crate) fn find(&self, text: &str) -> Option<Range<usize>> {
        if self.starts.is_empty() {
            return None;
        }
        let bytes = text.as_bytes();
        (0..bytes.len()).find_map(|at| {
            self.first.binary_search(&bytes[at]).ok()?;
            let values = self.starts.get(bytes[at..].first_chunk::<SHORTEST>()?)?;
            let found = values.iter().filter(|value| bytes[at..].starts_with(value.as_bytes()));
            found.map(|value| at..at + value.len()).max_by_key(|range| range.end)
        })
    }

    /// The text with one `*` for each byte of a secret.
    pub(crate) fn cover(&self, text: &str) -> String {
        let mut covered = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(range) = self.find(rest) {
            covered.push_str(&rest[..range.start]);
            covered.push_str(&"*".repeat(range.len()));
            rest = &rest[range.end..];
        }
        covered + rest
    }
}

#[cfg(test)]
mod tests {
    use super::KnownSecrets;

    #[test]
    fn each_known_secret_is_covered() {
        let known = KnownSecrets::new(["hunter2", "hunter22", "abc", "über1"]);
        assert_eq!(
            known.cover("a hunter22 hunter2 hunter abc éüber1"),
            "a ******** ******* hunter abc é******"
        );
    }
}
