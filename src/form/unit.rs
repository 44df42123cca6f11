//! Numbers with a unit.

/// Splits a number and the unit after it. The unit is returned in lower case.
pub(super) fn number_and_unit(text: &str) -> Option<(&str, String)> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    (!number.is_empty()).then(|| (number, unit.trim().to_lowercase()))
}
