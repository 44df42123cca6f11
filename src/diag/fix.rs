//! Edits of the file that correct the mistake of a diagnostic.

use std::ops::Range;

use super::Diagnostic;
use crate::source::{SourceId, Span};

/// The action to take for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// The action in words.
    pub text: String,
    /// The replacement of the value as YAML, and whether it is certain.
    pub instead: Option<(String, bool)>,
}

impl Help {
    /// Help to write `value`, which is certain.
    pub fn write(value: impl Into<String>) -> Help {
        let value = value.into();
        Help { text: format!("write `{value}`"), instead: Some((value, true)) }
    }

    /// Replaces the words of the help.
    pub fn with_text(self, text: impl Into<String>) -> Help {
        Help { text: text.into(), ..self }
    }

    /// Marks the replacement as a guess.
    pub fn likely(self) -> Help {
        Help { instead: self.instead.map(|(value, _)| (value, false)), ..self }
    }

    /// The edit that replaces the value at `span`.
    pub fn fix(&self, span: Span) -> Option<Fix> {
        let (text, is_certain) = self.instead.clone()?;
        Some(Fix { edits: vec![Edit { span, text }], is_certain })
    }
}

impl<T: Into<String>> From<T> for Help {
    fn from(text: T) -> Help {
        Help { text: text.into(), instead: None }
    }
}

/// Edits that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fix {
    /// The edits.
    pub edits: Vec<Edit>,
    /// The result is certain. `homegen check --fix` makes no other edits.
    pub is_certain: bool,
}

/// One replacement in a source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// The replaced span.
    pub span: Span,
    /// The replacement.
    pub text: String,
}

impl Fix {
    /// A certain replacement of `span`.
    pub fn certain(span: Span, text: impl Into<String>) -> Fix {
        Fix { edits: vec![Edit { span, text: text.into() }], is_certain: true }
    }

    /// A likely replacement of `span`.
    pub fn likely(span: Span, text: impl Into<String>) -> Fix {
        Fix { is_certain: false, ..Fix::certain(span, text) }
    }

    /// Reports whether the fix can be applied to `text`, the user's file. Values of a preset and values on several lines
    /// cannot be edited in place.
    pub fn applies(&self, text: &str) -> bool {
        let is_line = |span: Span| {
            let written = text.get(span.start as usize..span.end as usize);
            span.source == SourceId::FILE && written.is_some_and(|written| !written.contains('\n'))
        };
        !self.edits.is_empty() && self.edits.iter().all(|edit| is_line(edit.span))
    }
}

/// Applies the certain fixes of `diagnostics`, and returns the text and their number. The first of two overlapping fixes is
/// applied.
pub fn apply(text: &str, diagnostics: &[Diagnostic]) -> (String, usize) {
    let mut edits: Vec<(Range<usize>, &str)> = Vec::new();
    let mut made = 0;
    let fixes = diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.as_ref());
    for fix in fixes.filter(|fix| fix.is_certain && fix.applies(text)) {
        let ranges: Vec<(Range<usize>, &str)> = fix
            .edits
            .iter()
            .map(|edit| (edit.span.start as usize..edit.span.end as usize, edit.text.as_str()))
            .collect();
        // The edits are sorted, so that a range can overlap only with its neighbors.
        let overlaps = |range: &Range<usize>| {
            let at = edits.partition_point(|(other, _)| other.end <= range.start);
            edits.get(at).is_some_and(|(other, _)| other.start < range.end || other.start == range.start)
        };
        if ranges.iter().any(|(range, _)| overlaps(range)) {
            continue;
        }
        for (range, text) in ranges {
            let at = edits.partition_point(|(other, _)| other.end <= range.start);
            edits.insert(at, (range, text));
        }
        made += 1;
    }
    let mut fixed = String::with_capacity(text.len());
    let mut done = 0;
    for (range, replacement) in edits {
        fixed.push_str(&text[done..range.start]);
        fixed.push_str(replacement);
        done = range.end;
    }
    fixed.push_str(&text[done..]);
    (fixed, made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    fn with_fix(range: Range<usize>, text: &str, is_certain: bool) -> Diagnostic {
        let span = Span::new(SourceId::FILE, range);
        let fix = Fix { edits: vec![Edit { span, text: text.to_owned() }], is_certain };
        Diagnostic::new(Code::BadValue, "wrong", span, "here").fix(fix)
    }

    #[test]
    fn certain_fixes_are_applied_and_the_first_of_overlapping_fixes_wins() {
        let text = "a: 1\nb: 2\nc: |\n  x\n";
        let fixes = [
            with_fix(8..9, "'2'", true),
            with_fix(3..4, "'1'", true),
            with_fix(3..4, "'one'", true),
            with_fix(0..1, "z", false),
            with_fix(13..18, "x", true),
        ];
        assert_eq!(apply(text, &fixes), ("a: '1'\nb: '2'\nc: |\n  x\n".to_owned(), 2));
        assert_eq!(apply(text, &[]), (text.to_owned(), 0));
    }
}
