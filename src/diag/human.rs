//! Diagnostics for a person: snippets with labels, through miette.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, NamedSource,
    SourceCode, SourceSpan, SpanContents,
};

use super::{Diagnostic, Severity};
use crate::source::Sources;

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
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        if !has_readable_lines(diagnostic, sources) {
            out.push_str(&without_snippet(diagnostic, sources));
            continue;
        }
        let report = Report {
            diagnostic,
            source: CharColumns(NamedSource::new(&sources.file().name, sources.file().text.clone())),
            labels: labels(diagnostic, sources),
        };
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
    out
}

/// Longer lines are no text that a person wrote, and would fill the screen. miette cannot indent further
/// than 65,535 columns either.
const MAX_LINE: usize = 2_000;

/// Whether the lines of the labels, and those beside them, can be shown.
fn has_readable_lines(diagnostic: &Diagnostic, sources: &Sources) -> bool {
    let text = &sources.file().text;
    labels(diagnostic, sources).iter().all(|label| {
        let (start, end) = (label.offset().min(text.len()), (label.offset() + label.len()).min(text.len()));
        let before = text[..start].rsplit('\n').take(2).all(|line| line.len() <= MAX_LINE);
        let after = text[end..].split('\n').take(2).all(|line| line.len() <= MAX_LINE);
        before && after && end - start <= MAX_LINE
    })
}

/// The same in plain lines.
fn without_snippet(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let file = sources.file();
    let mut out = format!("{}\n\n  × {}\n", diagnostic.code.code(), cut(&diagnostic.message));
    for label in labels(diagnostic, sources) {
        let before = &file.text[..label.offset().min(file.text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        out.push_str(&format!(
            "   ─[{}:{line}:{column}] {}\n",
            file.name,
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

/// The labels in the user's file. A zero-width one at the end of the file would vanish, so each
/// covers at least one byte where there is one.
fn labels(diagnostic: &Diagnostic, sources: &Sources) -> Vec<LabeledSpan> {
    let text = &sources.file().text;
    let mut labels: Vec<LabeledSpan> = Vec::new();
    for label in &diagnostic.labels {
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
        let said = (!label.text.is_empty()).then(|| label.text.clone());
        let same = |l: &LabeledSpan| l.offset() == start && l.label() == said.as_deref();
        if !labels.iter().any(same) {
            labels.push(LabeledSpan::new(said, start, end - start));
        }
    }
    labels
}

struct Report<'a> {
    diagnostic: &'a Diagnostic,
    source: CharColumns,
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
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// miette's header counts columns in bytes; an editor counts characters.
struct CharColumns(NamedSource<String>);

impl SourceCode for CharColumns {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.0.read_span(span, before, after)?;
        let column = if before == 0 && after == 0 {
            let start = span.offset().min(self.0.inner().len());
            let line = self.0.inner()[..start].rfind('\n').map_or(0, |i| i + 1);
            self.0.inner()[line..start].chars().count()
        } else {
            inner.column()
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.0.name().to_owned(),
            inner.data(),
            *inner.span(),
            inner.line(),
            column,
            inner.line_count(),
        )))
    }
}
