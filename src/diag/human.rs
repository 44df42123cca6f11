//! Diagnostics for a person: snippets with labels, through miette.

use std::borrow::Cow;
use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use super::{Diagnostic, Severity};
use crate::printable::{escape, escapes, printable, without_command};
use crate::source::{Source, Sources};

/// How to print.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to use colours and box-drawing characters.
    pub color: bool,
}

/// Nobody reads more than this at once.
const MAX_SHOWN: usize = 100;

/// Nor does anyone follow more places than this for one of them.
const MAX_LABELS: usize = 16;

/// Renders `diagnostics`, each followed by an empty line.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_break_words(false)
        // A path, an address or a name in two halves cannot be copied: lines break at spaces alone.
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .with_links(false)
        .with_context_lines(1);
    let mut out = String::new();
    let lines = Lines::new(sources.file());
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        let labels = labels(diagnostic, sources, &lines);
        if !labels.iter().all(|label| lines.are_readable(label.inner())) {
            out.push_str(&without_snippet(diagnostic, &labels, &lines));
            continue;
        }
        let report = Report { diagnostic, lines: &lines, labels };
        // Writing into a String fails only where a label lies outside of the text, which would be a
        // mistake of a pass; the message is still worth showing then.
        if handler.render_report(&mut out, &report).is_err() {
            out.push_str(&format!("{}: {}\n", diagnostic.code.code(), diagnostic.message));
        }
        out.push('\n');
    }
    if diagnostics.len() > MAX_SHOWN {
        out.push_str(&format!(
            "… and {} more: these first may be the cause of the rest\n\n",
            diagnostics.len() - MAX_SHOWN
        ));
    }
    // A message that is wrapped could have `::` at the beginning of a line.
    out.split_inclusive('\n').map(without_command).collect()
}

/// Longer lines are no text that a person wrote, and would fill the screen. miette cannot indent further
/// than 65,535 columns either.
const MAX_LINE: usize = 2_000;

/// The same in plain lines.
fn without_snippet(diagnostic: &Diagnostic, labels: &[LabeledSpan], lines: &Lines) -> String {
    let mut out = format!("{}\n\n  × {}\n", diagnostic.code.code(), cut(&diagnostic.message));
    for label in labels {
        let line = lines.at(label.offset());
        out.push_str(&format!(
            "   ─[{}:{}:{}] {}\n",
            lines.name,
            line + 1,
            lines.column(line, label.offset()) + 1,
            cut(label.label().unwrap_or_default())
        ));
    }
    if let Some(help) = &diagnostic.help {
        out.push_str(&format!("  help: {}\n", cut(help)));
    }
    out.push('\n');
    out
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The labels in the text that is shown of the user's file. A zero-width one at the end of the file would vanish, so
/// each covers at least one byte where there is one.
fn labels(diagnostic: &Diagnostic, sources: &Sources, lines: &Lines) -> Vec<LabeledSpan> {
    let text = &sources.file().text;
    let mut labels: Vec<LabeledSpan> = Vec::new();
    for label in diagnostic.labels.iter().take(MAX_LABELS) {
        let span = sources.in_file(label.span);
        let (mut start, mut end) = (span.start as usize, span.end as usize);
        if start >= text.len() {
            start = text.trim_end().char_indices().next_back().map_or(0, |(i, _)| i);
        }
        if end <= start {
            end = start + text[start..].chars().next().map_or(0, char::len_utf8);
        }
        // A label that spans lines hides the text between them: its first line says enough.
        if let Some(line) = text[start..end].find('\n') {
            end = start + line.max(1);
        }
        let (start, end) = (lines.shown(start), lines.shown(end));
        let said = (!label.text.is_empty()).then(|| label.text.clone());
        let same = |l: &LabeledSpan| l.offset() == start && l.label() == said.as_deref();
        if !labels.iter().any(same) {
            // The header names the place of the first one, wherever the others are.
            labels.push(match labels.is_empty() {
                true => LabeledSpan::new_primary_with_span(said, (start, end - start)),
                false => LabeledSpan::new(said, start, end - start),
            });
        }
    }
    labels
}

/// How many lines there are between the snippets of two labels that are far from each other.
const FRAME: usize = 2;

struct Report<'a> {
    diagnostic: &'a Diagnostic,
    lines: &'a Lines<'a>,
    labels: Vec<LabeledSpan>,
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&cut(&self.diagnostic.message))
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code.code()))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity() {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.diagnostic.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.lines)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// The file by its lines, with escapes for what cannot be printed. miette would look through all of it for each label,
/// count columns in bytes where an editor counts characters, and show all that stands between two labels far from
/// each other. Offsets are those of the text with its escapes.
struct Lines<'a> {
    source: &'a Source,
    /// Its name, printable.
    name: Cow<'a, str>,
    /// Its text, printable.
    text: Cow<'a, str>,
    /// The byte behind each escaped character: in the file, and in the text that is shown.
    moved: Vec<(usize, usize)>,
    /// Where each line begins, and at last the end of the text.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(source: &'a Source) -> Lines<'a> {
        let (text, moved) = with_escapes(&source.text);
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let mut starts: Vec<usize> = std::iter::once(0).chain(after_breaks).collect();
        if starts.len() == 1 || starts.last() != Some(&text.len()) {
            starts.push(text.len());
        }
        Lines { source, name: printable(&source.name), text, moved, starts }
    }

    /// Where a byte of the file is in the text that is shown.
    fn shown(&self, offset: usize) -> usize {
        match self.moved.partition_point(|(file, _)| *file <= offset).checked_sub(1) {
            Some(last) => self.moved[last].1 + (offset - self.moved[last].0),
            None => offset,
        }
    }

    /// Where a byte of the text that is shown is in the file.
    fn in_file(&self, shown: usize) -> usize {
        match self.moved.partition_point(|(_, text)| *text <= shown).checked_sub(1) {
            Some(last) => self.moved[last].0 + (shown - self.moved[last].1),
            None => shown,
        }
    }

    /// The line that holds a byte, from 0.
    fn at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).clamp(1, self.last() + 1) - 1
    }

    fn last(&self) -> usize {
        self.starts.len() - 2
    }

    /// The column of a byte in its line, in characters of the file, from 0.
    fn column(&self, line: usize, offset: usize) -> usize {
        self.source.text[self.in_file(self.starts[line])..self.in_file(offset)].chars().count()
    }

    /// The lines of a span, first and last, with so many around them.
    fn around(&self, span: &SourceSpan, before: usize, after: usize) -> (usize, usize) {
        let (first, last) = (self.at(span.offset()), self.at(span.offset() + span.len().saturating_sub(1)));
        (first.saturating_sub(before), (last + after).min(self.last()))
    }

    /// Whether the lines of a label, and those beside it, can be shown.
    fn are_readable(&self, span: &SourceSpan) -> bool {
        let (first, last) = self.around(span, 1, 1);
        self.starts[first..=last + 1].windows(2).all(|line| line[1] - line[0] <= MAX_LINE)
    }
}

/// A text with escapes, and the byte behind each of them, before and after. Tabs stay, which miette shows as spaces, and
/// so do line breaks.
fn with_escapes(text: &str) -> (Cow<'_, str>, Vec<(usize, usize)>) {
    let mut moved = Vec::new();
    let mut out = String::new();
    let mut copied = 0;
    for (at, c) in escapes(text) {
        let behind = at + c.len_utf8();
        if matches!(c, '\t' | '\n') || (c == '\r' && text[behind..].starts_with('\n')) {
            continue;
        }
        out.push_str(&text[copied..at]);
        out.extend(escape(c));
        copied = behind;
        moved.push((behind, out.len()));
    }
    if moved.is_empty() {
        return (Cow::Borrowed(text), moved);
    }
    out.push_str(&text[copied..]);
    (Cow::Owned(out), moved)
}

impl SourceCode for Lines<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let text = &self.text;
        if text.get(start..end).is_none() {
            return Err(MietteError::OutOfBounds);
        }
        let (first, last) = self.around(span, before, after);
        let shown =
            if before == 0 && after == 0 { start..end } else { self.starts[first]..self.starts[last + 1] };
        let column = if before == 0 { self.column(first, start) } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone().into_owned(),
            &text.as_bytes()[shown.clone()],
            (shown.start, shown.len()).into(),
            first,
            column,
            // By this miette tells whether two snippets touch. The frame between two takes as many lines as
            // it may leave out here.
            last + 1 - first + FRAME,
        )))
    }
}
