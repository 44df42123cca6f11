//! Diagnostics for a person: snippets with labels, through miette.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use super::{Diagnostic, Severity};
use crate::printable::{escape, escapes, printable, without_command};
use crate::source::{Source, SourceId, Sources};

/// The style of the output.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The columns of the terminal.
    pub width: usize,
    /// Uses colors.
    pub color: bool,
}

/// The most diagnostics that are printed at once.
const MAX_SHOWN: usize = 100;

/// The most places of one diagnostic.
const MAX_LABELS: usize = 16;

/// Renders `diagnostics`, each followed by an empty line.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_break_words(false)
        // Lines break only at spaces, so that paths, URLs and names can be copied.
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .with_links(false)
        .with_context_lines(1);
    let mut out = String::new();
    let mut files: HashMap<SourceId, Lines> = HashMap::new();
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        let file =
            diagnostic.labels.first().map_or(SourceId::FILE, |label| sources.in_file(label.span).source);
        let lines = files.entry(file).or_insert_with(|| Lines::new(sources.get(file)));
        let lines = &*lines;
        let labels = labels(diagnostic, sources, file, lines);
        if !labels.iter().all(|label| lines.are_readable(label.inner())) {
            out.push_str(&without_snippet(diagnostic, &labels, lines));
            continue;
        }
        let report = Report { diagnostic, lines, labels };
        // Rendering fails only for a label outside the text, which would be a bug of a pass. The message is still printed.
        if handler.render_report(&mut out, &report).is_err() {
            out.push_str(&format!("{}: {}\n", diagnostic.code.code(), diagnostic.message));
        }
        // Compose merges several files. Only the file of the main place is shown.
        for label in diagnostic.labels.iter().filter(|label| sources.in_file(label.span).source != file) {
            let span = sources.in_file(label.span);
            let lines = files.entry(span.source).or_insert_with(|| Lines::new(sources.get(span.source)));
            out.push_str(&place(lines, lines.shown(span.start as usize), &label.text));
        }
        out.push('\n');
    }
    if diagnostics.len() > MAX_SHOWN {
        out.push_str(&format!(
            "… and {} more: the first ones may cause the others\n\n",
            diagnostics.len() - MAX_SHOWN
        ));
    }
    // Wrapping could move `::` to the start of a line.
    out.split_inclusive('\n').map(without_command).collect()
}

/// The longest line that is printed. Longer lines would fill the screen, and miette cannot indent by more than 65,535
/// columns.
const MAX_LINE: usize = 2_000;

/// Renders a diagnostic without a snippet.
fn without_snippet(diagnostic: &Diagnostic, labels: &[LabeledSpan], lines: &Lines) -> String {
    let mut out = format!("{}\n\n  × {}\n", diagnostic.code.code(), cut(&diagnostic.message));
    for label in labels {
        out.push_str(&place(lines, label.offset(), label.label().unwrap_or_default()));
    }
    if let Some(help) = &diagnostic.help {
        out.push_str(&format!("  help: {}\n", cut(help)));
    }
    out.push('\n');
    out
}

/// The line of a label without a snippet, at an offset in the printed text.
fn place(lines: &Lines, offset: usize, label: &str) -> String {
    let line = lines.at(offset);
    let column = lines.column(line, offset.min(lines.text.len())) + 1;
    format!("   ─[{}:{}:{column}] {}\n", lines.name, line + 1, cut(label))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The labels in the printed text of `file`. A zero-width label at the end of the file would be invisible, so that
/// each label covers at least one character if there is one.
fn labels(diagnostic: &Diagnostic, sources: &Sources, file: SourceId, lines: &Lines) -> Vec<LabeledSpan> {
    let text = &sources.get(file).text;
    let mut labels: Vec<LabeledSpan> = Vec::new();
    let here = diagnostic.labels.iter().filter(|label| sources.in_file(label.span).source == file);
    for label in here.take(MAX_LABELS) {
        let span = sources.in_file(label.span);
        let (mut start, mut end) = (span.start as usize, span.end as usize);
        if start >= text.len() {
            start = text.trim_end().char_indices().next_back().map_or(0, |(i, _)| i);
        }
        if end <= start {
            end = start + text[start..].chars().next().map_or(0, char::len_utf8);
        }
        // A label over several lines would hide the text between them, so that only its first line is marked.
        if let Some(line) = text[start..end].find('\n') {
            end = start + line.max(1);
        }
        let (start, end) = (lines.shown(start), lines.shown(end));
        let text = (!label.text.is_empty()).then(|| label.text.clone());
        let same = |l: &LabeledSpan| l.offset() == start && l.label() == text.as_deref();
        if !labels.iter().any(same) {
            // The header shows the place of the first label.
            labels.push(match labels.is_empty() {
                true => LabeledSpan::new_primary_with_span(text, (start, end - start)),
                false => LabeledSpan::new(text, start, end - start),
            });
        }
    }
    labels
}

/// The number of lines between the snippets of two distant labels.
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

/// A file by lines, with escapes for unprintable characters. By itself, miette would search the whole file for each
/// label, count columns in bytes instead of characters, and print all lines between two distant labels. Offsets refer to
/// the text with escapes.
struct Lines<'a> {
    source: &'a Source,
    /// The printable name.
    name: Cow<'a, str>,
    /// The printable text.
    text: Cow<'a, str>,
    /// The offset after each escaped character: in the file, and in the printed text.
    moved: Vec<(usize, usize)>,
    /// The start of each line, and the end of the text.
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

    /// The offset in the printed text of an offset in the file.
    fn shown(&self, offset: usize) -> usize {
        match self.moved.partition_point(|(file, _)| *file <= offset).checked_sub(1) {
            Some(last) => self.moved[last].1 + (offset - self.moved[last].0),
            None => offset,
        }
    }

    /// The offset in the file of an offset in the printed text.
    fn in_file(&self, shown: usize) -> usize {
        match self.moved.partition_point(|(_, text)| *text <= shown).checked_sub(1) {
            Some(last) => self.moved[last].0 + (shown - self.moved[last].1),
            None => shown,
        }
    }

    /// The line of an offset, from 0.
    fn at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).clamp(1, self.last() + 1) - 1
    }

    fn last(&self) -> usize {
        self.starts.len() - 2
    }

    /// The column of an offset in its line, in characters of the file, from 0.
    fn column(&self, line: usize, offset: usize) -> usize {
        self.source.text[self.in_file(self.starts[line])..self.in_file(offset)].chars().count()
    }

    /// The first and the last line of a span, extended by `before` and `after` lines.
    fn lines_of(&self, span: &SourceSpan, before: usize, after: usize) -> (usize, usize) {
        let (first, last) = (self.at(span.offset()), self.at(span.offset() + span.len().saturating_sub(1)));
        (first.saturating_sub(before), (last + after).min(self.last()))
    }

    /// Reports whether the lines of a label, and the adjacent ones, are short enough to print.
    fn are_readable(&self, span: &SourceSpan) -> bool {
        let (first, last) = self.lines_of(span, 1, 1);
        self.starts[first..=last + 1].windows(2).all(|line| line[1] - line[0] <= MAX_LINE)
    }
}

/// Escapes a text, and returns the offsets after each escaped character, in both texts. Tabs, which miette prints as
/// spaces, and line breaks stay.
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
        let (first, last) = self.lines_of(span, before, after);
        let shown =
            if before == 0 && after == 0 { start..end } else { self.starts[first]..self.starts[last + 1] };
        let column = if before == 0 { self.column(first, start) } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone().into_owned(),
            &text.as_bytes()[shown.clone()],
            (shown.start, shown.len()).into(),
            first,
            column,
            // miette uses this number to detect adjacent snippets. The frame between two snippets takes as many lines as
            // it may omit here.
            last + 1 - first + FRAME,
        )))
    }
}
