//! Edits of the file that mend what a diagnostic is about.

use std::ops::Range;

use super::Diagnostic;
use crate::source::{SourceId, Span};

/// What to do about a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// In words.
    pub text: String,
    /// What to write in place of the value, as YAML, and whether that is certain.
    pub instead: Option<(String, bool)>,
}

impl Help {
    /// To write `value`, which is certainly meant.
    pub fn write(value: impl Into<String>) -> Help {
        let value = value.into();
        Help { text: format!("write `{value}`"), instead: Some((value, true)) }
    }

    /// The same in other words.
    pub fn say(self, text: impl Into<String>) -> Help {
        Help { text: text.into(), ..self }
    }

    /// The same, where it is only likely.
    pub fn likely(self) -> Help {
        Help { instead: self.instead.map(|(value, _)| (value, false)), ..self }
    }

    /// The edit of the value at `span`.
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
    /// Whether the result is certainly what was meant: `homegen check --fix` makes no other edits.
    pub is_certain: bool,
}

/// One replacement in a source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What is written in its place.
    pub text: String,
}

impl Fix {
    /// The replacement of `span`, which is certainly meant.
    pub fn certain(span: Span, text: impl Into<String>) -> Fix {
        Fix { edits: vec![Edit { span, text: text.into() }], is_certain: true }
    }

    /// The replacement of `span`, which is likely meant.
    pub fn likely(span: Span, text: impl Into<String>) -> Fix {
        Fix { is_certain: false, ..Fix::certain(span, text) }
    }

    /// Whether it can be made in the user's file, whose text is `text`. What comes from a preset, and a text of several
    /// lines, cannot be edited in place.
    pub fn applies(&self, text: &str) -> bool {
        let is_line = |span: Span| {
            let written = text.get(span.start as usize..span.end as usize);
            span.source == SourceId::FILE && written.is_some_and(|written| !written.contains('\n'))
        };
        !self.edits.is_empty() && self.edits.iter().all(|edit| is_line(edit.span))
    }
}

/// The file with the certain fixes of `diagnostics`, and their number. Of two that overlap the first one is made.
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
        // Sorted, so that the neighbors of a range are the only ones that it can overlap.
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

    fn at(range: Range<usize>, text: &str, is_certain: bool) -> Diagnostic {
        let span = Span::new(SourceId::FILE, range);
        let fix = Fix { edits: vec![Edit { span, text: text.to_owned() }], is_certain };
        Diagnostic::new(Code::BadValue, "wrong", span, "here").fix(fix)
    }

    #[test]
    fn certain_fixes_are_made_and_the_first_of_two_that_overlap() {
        let text = "a: 1\nb: 2\nc: |\n  x\n";
        let fixes = [
            at(8..9, "'2'", true),
            at(3..4, "'1'", true),
            at(3..4, "'one'", true),
            at(0..1, "z", false),
            at(13..18, "x", true),
        ];
        assert_eq!(apply(text, &fixes), ("a: '1'\nb: '2'\nc: |\n  x\n".to_owned(), 2));
        assert_eq!(apply(text, &[]), (text.to_owned(), 0));
    }
}
