//! Recovery from syntax errors: the invalid line is blanked, and the text is parsed again.
//!
//! The parser does not know the invalid line. It stops where no valid YAML can follow, which is often a line or a block
//! after the mistake. Each possible cause is therefore blanked on trial, and the one without which the parser gets furthest
//! stays blank.

use std::ops::Range;

use granit_parser::{Event, Parser};

use super::mask::blank;
use crate::source::{SourceId, Span};
use crate::syntax::{Entry, Kind, Node};

/// The most lines or blocks that are blanked in one text. The rest after the last one is not parsed.
const MAX_BROKEN: usize = 20;

/// The most bytes that are parsed on trial, in all: twenty trials for a text of a thousand lines, and less than one line
/// for a text of 2 MiB.
const MAX_TRIED: usize = 8 << 20;

/// The place where the parser stops, and the reason.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    /// The offset.
    pub at: usize,
    /// The parser's own message. Only its keywords are used: users do not see it.
    pub reason: String,
    /// The offset of the outermost open bracket.
    pub flow: Option<usize>,
    /// The end of the last event before it.
    last: usize,
}

/// A part of the text that is not valid YAML.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    /// The range from the first character of the first line to the end of the last line.
    pub lines: Range<usize>,
    /// The stop that it caused.
    pub stop: Stop,
    /// It extends to the end of the text.
    is_rest: bool,
}

/// Blanks the invalid parts of `text`, in the order in which the parser finds them.
pub(super) fn recover(text: &mut String) -> Vec<Broken> {
    let mut found = Vec::new();
    let mut left = MAX_TRIED;
    let mut next = read(text).stop;
    while let Some(stop) = next.take() {
        let best = if found.len() < MAX_BROKEN { best(text, &stop, &mut left) } else { None };
        let lines = match best {
            Some((lines, after)) => {
                next = after;
                lines
            }
            // No trial helps, or the limit of trials is reached.
            None => {
                let start = end_of_readable(text, &stop);
                found.push(Broken { lines: first_sign(text, start)..text.len(), stop, is_rest: true });
                text.truncate(start);
                break;
            }
        };
        *text = blank(text, &lines);
        found.push(Broken { lines, stop, is_rest: false });
    }
    found
}

/// The start of the line before which `text` is valid: the line at which the parser stopped, or the line where the open
/// collection started.
fn end_of_readable(text: &str, stop: &Stop) -> usize {
    let places = [Some(stop.at), Some(stop.last), stop.flow].into_iter().flatten();
    let starts: Vec<usize> = places.map(|at| line_at(text, at).start).collect();
    let readable = starts.iter().find(|start| read(&text[..**start]).stop.is_none());
    readable.copied().unwrap_or(0)
}

/// The lines without which the parser gets furthest, and the next stop. `None` if it gets no further.
fn best(text: &str, stop: &Stop, left: &mut usize) -> Option<(Range<usize>, Option<Stop>)> {
    let causes = causes(text, stop);
    // Blanking the block of a key also hides its other mistakes, so it is the last resort.
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for line in &causes {
        let block = block_of(text, line);
        let is_key = text[line.clone()].trim_end().ends_with(':');
        small.push(match (is_key, owns_block(text, line, &block)) {
            (true, _) => vec![line.clone()],
            (false, true) => vec![block.clone(), line.clone()],
            (false, false) => vec![line.clone(), block.clone()],
        });
        large.push(vec![block]);
    }
    let mut best: Option<(Range<usize>, Reach)> = None;
    let small = small.into_iter().map(|choices| (choices, false));
    let large = large.into_iter().map(|choices| (choices, true));
    for (choices, is_last_resort) in small.chain(large) {
        if is_last_resort && best.is_some() {
            break;
        }
        let mut own: Option<(Range<usize>, Reach)> = None;
        for lines in choices {
            let Some(rest) = left.checked_sub(text.len()) else {
                return best.map(|(lines, reach)| (lines, reach.stop));
            };
            *left = rest;
            let reach = read(&blank(text, &lines));
            if own.as_ref().is_none_or(|(_, known)| reach.at() > known.at()) {
                own = Some((lines, reach));
            }
        }
        let Some((lines, reach)) = own.filter(|(lines, reach)| reach.at() > stop.at.max(lines.end)) else {
            continue;
        };
        // The parser stopped inside a string that started with this quote.
        if open_quote(text, stop).is_some_and(|quote| lines.contains(&quote)) {
            return Some((lines, reach.stop));
        }
        // Of two causes that get equally far, the one that leaves more values is the mistake.
        if best.as_ref().is_none_or(|(_, known)| (reach.at(), reach.values) > (known.at(), known.values)) {
            best = Some((lines, reach));
        }
    }
    best.map(|(lines, reach)| (lines, reach.stop))
}

/// The lines that may have caused a stop: the line of an open bracket, the line of an open quote, the line of the stop, and
/// two lines above it.
fn causes(text: &str, stop: &Stop) -> Vec<Range<usize>> {
    let here = line_at(text, stop.at).start;
    let open = stop.flow.into_iter().chain(open_quote(text, stop));
    let starts = open.map(|at| line_at(text, at).start).chain([here]).chain(lines_above(text, here).take(2));
    let mut causes: Vec<Range<usize>> = Vec::new();
    for start in starts {
        let line = first_sign(text, start)..line_at(text, start).end;
        if !line.is_empty() && !causes.contains(&line) {
            causes.push(line);
        }
    }
    causes
}

/// The quote that starts the string in which the parser stopped.
fn open_quote(text: &str, stop: &Stop) -> Option<usize> {
    let at = text[stop.last..].find(['"', '\'']).filter(|_| is_about_quotes(&stop.reason))?;
    Some(stop.last + at)
}

/// Reports whether the parser's message is about a quoted string.
pub(super) fn is_about_quotes(reason: &str) -> bool {
    reason.contains("quote")
}

/// Reports whether the lines below `line` that are indented further belong to it, and not to the line above it.
fn owns_block(text: &str, line: &Range<usize>, block: &Range<usize>) -> bool {
    let Some(first) = lines_below(text, line.end).find(|start| *start < block.end) else { return false };
    let inner = indent(text, first);
    let above = lines_above(text, line_at(text, line.start).start).next();
    let is_even = lines_below(text, line.end)
        .take_while(|start| *start < block.end)
        .all(|start| indent(text, start) >= inner);
    is_even && above.is_none_or(|above| indent(text, above) >= inner)
}

/// The part of a text that the parser accepts.
struct Reach {
    /// The stop. `None` at the end of the text.
    stop: Option<Stop>,
    /// The number of scalars before it.
    values: usize,
}

impl Reach {
    fn at(&self) -> usize {
        self.stop.as_ref().map_or(usize::MAX, |stop| stop.at)
    }
}

/// Parses the first document of `text`.
fn read(text: &str) -> Reach {
    let mut flows: Vec<Option<usize>> = Vec::new();
    let (mut last, mut documents, mut values) = (0, 0, 0);
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok((event, span)) => (event, span.byte_range().unwrap_or(0..0)),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                let at = (0..=at).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
                let flow = flows.into_iter().flatten().next();
                let stop = Stop { at, reason: error.info().to_string(), flow, last };
                return Reach { stop: Some(stop), values };
            }
        };
        last = span.end.max(last);
        match event {
            Event::DocumentStart(..) if documents == 1 => break,
            Event::DocumentStart(..) => documents += 1,
            Event::Scalar(..) => values += 1,
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let is_flow = matches!(text.as_bytes().get(span.start), Some(b'[' | b'{'));
                flows.push(is_flow.then_some(span.start));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                flows.pop();
            }
            _ => {}
        }
    }
    Reach { stop: None, values }
}

/// Inserts an unreadable value for `broken`, at the place of its indentation. It may contain keys that are absent there.
pub(super) fn attach(root: &mut Node, text: &str, broken: &Broken, source: SourceId) {
    let at = broken.lines.start;
    let span = Span::new(source, broken.lines.clone());
    let unreadable = Node { span, kind: Kind::Unreadable };
    let mut node = root;
    loop {
        let begins_deeper =
            |child: &Node| !is_block(child, text) || column(text, child) > column_at(text, at);
        let is_flow = !is_block(node, text);
        node = match &mut node.kind {
            Kind::Map(entries) => {
                let before = entries.partition_point(|entry| (entry.key_span.start as usize) < at);
                let own = entries.first().map(|entry| column_at(text, entry.key_span.start as usize));
                let is_own = own.is_some_and(|own| column_at(text, at) <= own);
                let owner = before.checked_sub(1).map(|i| &entries[i].value);
                let is_here =
                    is_flow || is_own || owner.is_none_or(|value| begins_deeper(value) && !value.is_null());
                // The rest of the text may continue each of the collections around it.
                if is_here || broken.is_rest {
                    entries.insert(before, Entry::unreadable(span));
                }
                if is_here {
                    return;
                }
                &mut entries[before - 1].value
            }
            Kind::List(items) => {
                let before = items.partition_point(|item| (item.span.start as usize) < at);
                let is_here = before == 0 || is_flow || begins_deeper(&items[before - 1]);
                if is_here {
                    items.insert(before, unreadable);
                    return;
                }
                &mut items[before - 1]
            }
            // A key whose value was on the lines below.
            kind => {
                *kind = Kind::Unreadable;
                return;
            }
        };
    }
}

/// Reports whether `node` is a mapping or a list without brackets.
fn is_block(node: &Node, text: &str) -> bool {
    matches!(node.kind, Kind::Map(_) | Kind::List(_))
        && !matches!(text.as_bytes().get(node.span.start as usize), Some(b'[' | b'{'))
}

/// The column of the first character of `node`.
fn column(text: &str, node: &Node) -> usize {
    column_at(text, node.span.start as usize)
}

/// The column of an offset. A tab counts as eight columns.
fn column_at(text: &str, at: usize) -> usize {
    text[line_at(text, at).start..at].bytes().map(|byte| if byte == b'\t' { 8 } else { 1 }).sum()
}

/// The range of the line that contains an offset, without its line break.
pub(super) fn line_at(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let end = text[at..].find('\n').map_or(text.len(), |i| at + i);
    start..end
}

/// The indentation of the line that starts at `start`.
pub(super) fn indent(text: &str, start: usize) -> usize {
    column_at(text, first_sign(text, start))
}

/// The offset of the first character, after the indentation, of the line that starts at `start`.
pub(super) fn first_sign(text: &str, start: usize) -> usize {
    start + text[start..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// The range of `line`, without its indentation, and of the lines below it that are indented further.
fn block_of(text: &str, line: &Range<usize>) -> Range<usize> {
    let own = column_at(text, line.start);
    let below = lines_below(text, line.end).take_while(|start| indent(text, *start) > own);
    line.start..below.last().map_or(line.end, |start| line_at(text, start).end)
}

/// The starts of the lines below an offset that are not blank.
fn lines_below(text: &str, end: usize) -> impl Iterator<Item = usize> {
    let starts = text[end..].match_indices('\n').map(move |(at, _)| end + at + 1);
    starts.filter(|start| !text[line_at(text, *start)].trim().is_empty())
}

/// The starts of the lines above an offset that are not blank, the nearest first.
pub(super) fn lines_above(text: &str, start: usize) -> impl Iterator<Item = usize> {
    let breaks = text[..start.saturating_sub(1)].rmatch_indices('\n').map(|(at, _)| at + 1);
    let starts = breaks.chain((start > 0).then_some(0));
    starts.filter(|start| !text[line_at(text, *start)].trim().is_empty())
}
