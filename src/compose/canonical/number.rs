//! The forms of texts that Compose checks: durations, sizes, names and policies.

/// Tells whether a text is a duration of go-str2duration, such as `1m30s`.
pub(in crate::compose) fn is_duration(text: &str) -> bool {
    const UNITS: [(&str, i64); 10] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("μs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
        ("w", 604_800_000_000_000),
    ];
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut total = 0i64;
    while !rest.is_empty() {
        let whole_length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, after) = rest.split_at(whole_length);
        let fraction = after.strip_prefix('.').unwrap_or_default();
        let fraction_length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if whole.is_empty() && fraction_length == 0 {
            return false;
        }
        let after = if after.starts_with('.') { &fraction[fraction_length..] } else { after };
        let unit_length = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_length);
        let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else { return false };
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(i64::MAX) };
        let sum = whole.checked_mul(*factor).and_then(|number| total.checked_add(number));
        let Some(sum) = sum else { return false };
        total = sum;
        rest = after;
    }
    !text.is_empty() && !matches!(text, "-" | "+")
}

/// Tells whether a text is a size of go-units, such as `512m`, or an integer.
pub(in crate::compose) fn is_size(text: &str) -> bool {
    if text.parse::<i64>().is_ok() {
        return true;
    }
    let (number, unit) = match text.split_once(' ') {
        Some(parts) => parts,
        None => text.split_at(text.rfind(|c: char| c.is_ascii_digit() || c == '.').map_or(0, |at| at + 1)),
    };
    if !number.parse::<f64>().is_ok_and(|number| number >= 0.0) {
        return false;
    }
    let unit = unit.to_ascii_lowercase();
    match unit.as_bytes() {
        [] | [b'b'] => true,
        [prefix] | [prefix, b'b'] | [prefix, b'i', b'b'] => b"kmgtp".contains(prefix),
        _ => false,
    }
}

/// Tells whether a text has two characters of a container name in a row, which is what the schema's pattern asks for.
pub(in crate::compose) fn is_container_name(text: &str) -> bool {
    let is_inside = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    text.as_bytes().windows(2).any(|pair| pair[0].is_ascii_alphanumeric() && is_inside(pair[1]))
}

/// Tells whether a text contains a pull policy, which is what the schema's pattern asks for.
pub(in crate::compose) fn is_pull_policy(text: &str) -> bool {
    let words = ["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"];
    let is_period = |after: &str| {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && after[digits..].starts_with(['w', 'd', 'h', 'm', 's'])
    };
    words.iter().any(|word| text.contains(word)) || text.split("every_").skip(1).any(is_period)
}

/// True for a port or a range of ports with an optional protocol (compose-go, the format `expose` of its schema).
pub(in super::super) fn is_exposed_port(text: &str) -> bool {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let is_port = |port: &str| matches!(port.len(), 1..=5) && port.bytes().all(|b| b.is_ascii_digit());
    let is_range = match ports.split_once('-') {
        Some((first, last)) => is_port(first) && is_port(last),
        None => is_port(ports),
    };
    is_range && !protocol.is_empty() && protocol.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(matches: fn(&str) -> bool, valid: &[&str], invalid: &[&str]) {
        for text in valid {
            assert!(matches(text), "{text}");
        }
        for text in invalid {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn forms_are_those_of_compose() {
        all(
            is_duration,
            &["0", "30s", "1m30s", "1.5h", ".5s", "1.s", "-1s", "+0", "2d", "1w", "100ns", "5µs"],
            &["", "30", "s", "1 s", "1min", "-", "1..5s", "99999999999w", "99999999999999999999s", "١s"],
        );
        all(
            is_size,
            &["0", "-1", "512", "512m", "1.5G", "64 MiB", "10kb", "1gib", "1b", "2P"],
            &["", "m", "-1m", "1x", "1mm", "1 m b", "1bb", "512 MB "],
        );
        all(is_container_name, &["ab", "a.", "é ab"], &["", "a", "-a", "é"]);
        all(is_pull_policy, &["always", "every_2h", "not always"], &["", "sometimes", "every_h", "every_2"]);
    }
}
