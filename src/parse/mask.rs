//! Text in which some bytes are replaced by others, so that all places stay what they are.

use std::ops::Range;

/// The text with `$(…)` for each `${…}`, which YAML reads everywhere and which is as long; and where they are.
pub(super) fn references(text: &str) -> (String, Vec<Range<usize>>) {
    let mut masked = String::with_capacity(text.len());
    let mut references = Vec::new();
    while let Some(start) = text[masked.len()..].find("${").map(|at| masked.len() + at) {
        let inside = &text[start + 2..];
        let length = inside.find(['{', '}', '\n']).unwrap_or(inside.len());
        masked.push_str(&text[masked.len()..start]);
        if inside[length..].starts_with('}') {
            masked.extend(["$(", &inside[..length], ")"]);
            references.push(start..masked.len());
        } else {
            masked.push_str("${");
        }
    }
    masked.push_str(&text[masked.len()..]);
    (masked, references)
}

/// The text with spaces in the place of `lines`. Their breaks stay.
pub(super) fn blank(text: &str, lines: &Range<usize>) -> String {
    let mut blanked = String::with_capacity(text.len());
    blanked.push_str(&text[..lines.start]);
    blanked.extend(text[lines.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
    blanked.push_str(&text[lines.end..]);
    blanked
}
