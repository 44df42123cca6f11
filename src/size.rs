//! Sizes in bytes.

/// The bytes of a size, by the rules of `units.RAMInBytes` that Podman uses: factors of 1024.
pub fn size_bytes(text: &str) -> Option<u64> {
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

/// A size for a person, in the largest unit that it is at least one of.
pub fn in_words(bytes: u64) -> String {
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
    use super::*;

    #[test]
    fn sizes_are_podmans() {
        assert_eq!(size_bytes("2g"), Some(2 << 30));
        assert_eq!(size_bytes("1.5GiB"), Some(3 << 29));
        assert_eq!(size_bytes("1048576"), Some(1 << 20));
        for wrong in ["", "g", "2x", "0", "-1g", "2 g"] {
            assert_eq!(size_bytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_in_words() {
        for (bytes, words) in [(3 << 29, "1.5g"), (512 << 20, "512m"), (10, "10b"), (20 << 30, "20g")] {
            assert_eq!(in_words(bytes), words);
        }
    }
}
