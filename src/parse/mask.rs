//! Replaces bytes of a text with others, so that all offsets stay the same.

use std::ops::Range;

/// Replaces each `${…}` with `$(…)`, which has the same length and is valid YAML everywhere. Returns the text and the
/// ranges.
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

/// Replaces `lines` with spaces, and keeps the line breaks.
pub(super) fn blank(text: &str, lines: &Range<usize>) -> String {
    let mut blanked = String::with_capacity(text.len());
    blanked.push_str(&text[..lines.start]);
    blanked.extend(text[lines.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
    blanked.push_str(&text[lines.end..]);
    blanked
}
