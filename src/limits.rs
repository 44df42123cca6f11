//! Limits on the size of a file. A few bytes can expand to many values, so that files above these limits are rejected
//! within one second and 100 MB.

/// The most bytes of a file. The benchmark's server with 1,000 services has about 380,000.
pub const MAX_BYTES: usize = 6 << 20;

/// The most bytes that are parsed again with masked references, if a reference needs quotes.
pub const MAX_MASKED: usize = 2 << 20;

/// The most values of a file with aliases expanded. The benchmark's server with 10,000 services has about 370,000.
pub const MAX_NODES: usize = 400_000;

/// The most values of a Compose project, with aliases, merge keys and `extends` expanded. Compose's own limit for a file is 100,000.
pub const MAX_COMPOSE_NODES: usize = 150_000;

/// The most bytes of env files and of the values of variables of a Compose project, each time that they are used.
pub const MAX_COMPOSE_VALUES: usize = 16 << 20;

/// The most further values that presets may add, and the most that references may add.
pub const MAX_EXPANDED: usize = 100_000;

/// The most values that the output may repeat, in all.
pub const MAX_REPEATED: usize = 100_000;

/// The number of values that a text counts as. Copying a text costs as much as short texts with the same bytes. Splitting a
/// text, such as a command or lines of a Caddyfile, costs as much as its words or lines.
pub fn weight(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends_one = |pair: &[u8]| pair[0].is_ascii_whitespace() && !pair[1].is_ascii_whitespace();
    let words = bytes.windows(2).filter(|pair| ends_one(pair)).count();
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    1 + (bytes.len() / 64).max(words).max(lines)
}
