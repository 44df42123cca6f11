//! Positions of labels as editors count them, for the machine-readable formats.

use std::collections::HashSet;

use serde::Serialize;

use super::{Diagnostic, Fix};
use crate::source::{Sources, Span};

/// A place between two characters of the user's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters: Unicode scalar values, neither bytes nor UTF-16.
    pub column: usize,
    /// The bytes before it, not counting a byte order mark.
    pub offset: usize,
}

/// A part of one line of the user's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Region {
    /// The position before the first character.
    pub start: Position,
    /// The position after the last character.
    pub end: Position,
}

/// Finds regions in the user's file.
pub struct Regions<'a> {
    sources: &'a Sources,
    /// The start of each line, in bytes.
    lines: Vec<usize>,
}

impl<'a> Regions<'a> {
    /// Creates the index of the user's file in `sources`.
    pub fn new(sources: &'a Sources) -> Self {
        let ends = sources.file().text.match_indices('\n').map(|(at, _)| at + 1);
        Regions { sources, lines: std::iter::once(0).chain(ends).collect() }
    }

    /// The labels of `diagnostic` with their texts, the main one first. Labels in a preset move to the name of the preset
    /// in the file, once each. A label over several lines covers only its first line: GitHub hides annotations unless a
    /// pull request touches all of their lines.
    pub fn labels<'d>(&self, diagnostic: &'d Diagnostic) -> Vec<(Region, &'d str)> {
        let all = diagnostic.labels.iter().map(|label| (self.region(label.span), label.text.as_str()));
        let mut known = HashSet::new();
        all.filter(|one| known.insert(*one)).collect()
    }

    /// The fix of `diagnostic`, if it can be applied to the file, with the replaced regions and their replacements.
    pub fn fix<'d>(&self, diagnostic: &'d Diagnostic) -> Option<(&'d Fix, Vec<(Region, &'d str)>)> {
        let fix = diagnostic.fix.as_ref().filter(|fix| fix.applies(&self.sources.file().text))?;
        let region = |span: Span| Region {
            start: self.position(span.start as usize),
            end: self.position(span.end as usize),
        };
        let edits = fix.edits.iter().map(|edit| (region(edit.span), edit.text.as_str())).collect();
        Some((fix, edits))
    }

    /// The line where a span starts, from 1.
    pub(crate) fn line(&self, span: Span) -> usize {
        self.region(span).start.line
    }

    fn region(&self, span: Span) -> Region {
        let text = &self.sources.file().text;
        let span = self.sources.in_file(span);
        // An offset inside a character would be a bug of a pass. The diagnostic is still reported.
        let boundary =
            |at: u32| (0..=(at as usize).min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        let (mut start, mut end) = (boundary(span.start).unwrap_or(0), boundary(span.end).unwrap_or(0));
        // Editors may have no line at the end of the file, so that the last character is marked.
        if start >= text.len() {
            start = text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
        }
        // A zero-width mark would be invisible, except at the end of a line, where there is no character to cover.
        if end <= start {
            let next = text[start..].chars().next().filter(|c| !matches!(c, '\r' | '\n'));
            end = start + next.map_or(0, char::len_utf8);
        }
        let line = text[start..end].lines().next().map_or(0, str::len);
        Region { start: self.position(start), end: self.position(start + line) }
    }

    fn position(&self, offset: usize) -> Position {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        let column = self.sources.file().text[start..offset].chars().count() + 1;
        Position { line, column, offset }
    }
}
