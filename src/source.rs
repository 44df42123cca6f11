//! Spans into the sources of one run.

use std::ops::Range;

/// The ID of a text that a [`Span`] points into. The user's file is [`SourceId::FILE`]. Each use of a preset is a source of
/// its own, because its parameters have values of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SourceId(pub u32);

impl SourceId {
    /// The file that is compiled.
    pub const FILE: SourceId = SourceId(0);
}

/// A range of bytes in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// The source of the range.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The place of a placeholder for an invalid value. Diagnostics at this place are dropped.
    pub const PLACEHOLDER: Span = Span { source: SourceId::FILE, start: u32::MAX, end: u32::MAX };

    /// The span of `range` in `source`.
    pub fn new(source: SourceId, range: Range<usize>) -> Span {
        Span { source, start: range.start as u32, end: range.end as u32 }
    }

    /// Reports whether `other` is inside this span.
    pub fn contains(self, other: Span) -> bool {
        other.source == self.source && other.start >= self.start && other.end <= self.end
    }

    /// The part of this span that `range` (in bytes from its start) covers.
    pub fn slice(self, range: Range<usize>) -> Span {
        let at = |offset: usize| (self.start + offset as u32).min(self.end);
        Span { start: at(range.start), end: at(range.end), ..self }
    }
}

/// One text: the user's file, or one use of a preset.
#[derive(Debug)]
pub struct Source {
    /// The name that diagnostics show.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// For a preset, the span of its name in the user's file. Diagnostics point there.
    pub used_at: Option<Span>,
}

/// The texts of one run.
#[derive(Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// The sources of a run that compiles `text`, shown as `name`.
    pub fn new(name: &str, text: String) -> Sources {
        Sources(vec![Source { name: name.to_owned(), text, used_at: None }])
    }

    /// Adds a preset's text, used at `used_at`, and returns its id.
    pub fn add_preset(&mut self, name: &str, text: &str, used_at: Span) -> SourceId {
        self.0.push(Source { name: format!("preset {name}"), text: text.to_owned(), used_at: Some(used_at) });
        SourceId(self.0.len() as u32 - 1)
    }

    /// Adds the text of a file, shown as `name`, and returns its id.
    pub fn add(&mut self, name: &str, text: String) -> SourceId {
        self.0.push(Source { name: name.to_owned(), text, used_at: None });
        SourceId(self.0.len() as u32 - 1)
    }

    /// Reports whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The source with this id.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.0[id.0 as usize]
    }

    /// All sources, in the order of their IDs.
    pub fn all(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    /// The user's file.
    pub fn file(&self) -> &Source {
        self.get(SourceId::FILE)
    }

    /// The text of `span` as it is written.
    pub fn written(&self, span: Span) -> &str {
        let text = &self.get(span.source).text;
        text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The place of `span` in the user's file: the span itself, or the name of its preset.
    pub fn in_file(&self, span: Span) -> Span {
        self.get(span.source).used_at.unwrap_or(span)
    }
}
