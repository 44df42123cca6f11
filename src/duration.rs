//! Time spans.

/// The milliseconds of a time span such as `1m30s`.
pub fn duration_ms(text: &str) -> Option<u64> {
    let (mut rest, mut total) = (text, 0u64);
    while !rest.is_empty() {
        let at = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
        let number: u64 = rest[..at].parse().ok()?;
        rest = &rest[at..];
        let (unit, factor) =
            [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)].into_iter().find(|(unit, _)| {
                rest.strip_prefix(unit).is_some_and(|r| !r.starts_with(|c: char| c.is_ascii_alphabetic()))
            })?;
        rest = &rest[unit.len()..];
        total = total.checked_add(number.checked_mul(factor)?)?;
    }
    (!text.is_empty()).then_some(total)
}
