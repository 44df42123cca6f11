//! Sizes in bytes.

use super::unit::number_and_unit;
use super::{Advice, Form};

/// A size in bytes, written as for Podman: a number with `b`, `k`, `m`, `g` or `t` (podman-run(1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size {
    /// The number of bytes.
    pub bytes: u64,
}

impl Form for Size {
    const NOUN: &'static str = "a size";
    const LOOKS: &'static str = " such as 512m or 2g";
    const EXPECTED: &'static str = "a number and a unit: b, k, m, g or t";
    const EXAMPLE: &'static str = "512m";
    const PATTERN: &'static str = r"^[0-9]+(\.[0-9]+)?([bkmgtBKMGT]([iI]?[bB])?)?$";
    const NUMBERS: bool = true;

    fn parse(text: &str) -> Option<Size> {
        size_bytes(text).filter(|_| !lacks_unit(text)).map(|bytes| Size { bytes })
    }

    /// `3`, and `512 megabytes`.
    fn advice(text: &str) -> Option<Advice> {
        let (number, unit) = number_and_unit(text)?;
        if lacks_unit(text) {
            let why = format!("has no unit, and Podman would read {number} bytes");
            return Advice::new(why, format!("write `{number}m` or `{number}g`, or `{number}b` for bytes"));
        }
        let known = ["b", "k", "m", "g", "t"].into_iter().find(|known| unit.starts_with(known))?;
        let suggested = format!("{number}{known}");
        size_bytes(&suggested)?;
        Advice::rewrite("expected the unit b, k, m, g or t", suggested)
    }
}

/// The number of bytes, by the rules of Podman's `units.RAMInBytes`: factors of 1024.
pub(crate) fn size_bytes(text: &str) -> Option<u64> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..at].parse().ok()?;
    let factor = match text[at..].to_lowercase().as_str() {
        "" | "b" => 1u64,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => return None,
    };
    let bytes = number * factor as f64;
    (bytes > 0.0 && bytes < u64::MAX as f64).then_some(bytes as u64)
}

/// Reports whether a number without a unit is below 1 MiB, so that its unit is probably missing: `3` is 3 bytes.
fn lacks_unit(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && size_bytes(text).is_some_and(|bytes| bytes < 1 << 20)
}

/// Formats a number of bytes in the largest unit of which there is at least one.
pub(crate) fn bytes_in_words(bytes: u64) -> String {
    let (unit, name) = [(1u64 << 40, "t"), (1 << 30, "g"), (1 << 20, "m"), (1 << 10, "k")]
        .into_iter()
        .find(|(unit, _)| bytes >= *unit)
        .unwrap_or((1, "b"));
    let tenths = (bytes as u128 * 10 / unit as u128) as u64;
    match tenths % 10 {
        0 => format!("{}{name}", tenths / 10),
        rest => format!("{}.{rest}{name}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::*;

    #[test]
    fn sizes_are_parsed_as_podman_parses_them() {
        for (text, bytes) in [("2g", 2 << 30), ("1.5GiB", 3 << 29), ("1048576", 1 << 20), ("3b", 3)] {
            assert_eq!(Size::parse(text), Some(Size { bytes }), "{text}");
        }
        parses::<Size>(&["512m"], &["", "g", "2x", "0", "-1g", "2 g", "3"]);
    }

    #[test]
    fn near_misses_get_advice() {
        advises::<Size>(&[
            ("512 megabytes", "write `512m`"),
            ("3", "write `3m` or `3g`, or `3b` for bytes"),
            ("2x", ""),
        ]);
    }

    #[test]
    fn sizes_are_written_in_the_largest_unit_that_fits() {
        for (bytes, words) in [(3 << 29, "1.5g"), (512 << 20, "512m"), (10, "10b"), (20 << 30, "20g")] {
            assert_eq!(bytes_in_words(bytes), words);
        }
    }
}
