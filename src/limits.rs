//! How much a file may be. Few bytes can stand for many values, so that too many of them are refused within a
//! second and 100 MB.

/// How many bytes a file may have. A server of 1,000 services has about one million.
pub const MAX_BYTES: usize = 6 << 20;

/// How many bytes are read again, with other signs for the braces of references that lack their quotes.
pub const MAX_MASKED: usize = 2 << 20;

/// How many values a file may have, aliases expanded. A server of 10,000 services has about 260,000.
pub const MAX_NODES: usize = 400_000;

/// How many more its presets may bring, and its references.
pub const MAX_EXPANDED: usize = 100_000;

/// How many values the output may repeat for each of some others, in all.
pub const MAX_REPEATED: usize = 100_000;

/// As how many values a text counts: one that is copied costs as much as short ones with its bytes, and one that is taken
/// apart, such as a command or lines of a Caddyfile, as its words or lines.
pub fn weight(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends_one = |pair: &[u8]| pair[0].is_ascii_whitespace() && !pair[1].is_ascii_whitespace();
    let words = bytes.windows(2).filter(|pair| ends_one(pair)).count();
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    1 + (bytes.len() / 64).max(words).max(lines)
}
