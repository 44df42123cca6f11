//! Pass: text → [`syntax`](crate::syntax). The only module that knows the YAML parser.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span as YamlSpan};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::limits::{MAX_MASKED, MAX_NODES};
use crate::source::{SourceId, Span};
use crate::syntax::{Entry, Kind, Node};
use crate::word::is_word;

/// Reads one document. `None` if it is empty or not YAML; what is wrong is pushed.
pub fn parse(text: &str, source: SourceId, diagnostics: &mut Diagnostics) -> Option<Node> {
    let mut said = Diagnostics::default();
    let mut root = compose(text, text, source, &[], &mut said);
    if (said.has(Code::UnquotedReference) || said.has(Code::Syntax)) && text.len() <= MAX_MASKED {
        // YAML stops at a brace that lacks its quotes. With other signs in its place the rest is read as well.
        let (masked, references) = mask(text);
        let mut rest = Diagnostics::default();
        let read = compose(&masked, text, source, &references, &mut rest);
        if rest.has(Code::UnquotedReference) {
            (root, said) = (read, rest);
        }
    }
    diagnostics.append(said);
    root
}

fn compose(
    text: &str,
    written: &str,
    source: SourceId,
    references: &[Range<usize>],
    diagnostics: &mut Diagnostics,
) -> Option<Node> {
    let mut composer = Composer {
        source,
        text,
        written,
        references,
        diagnostics,
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        nodes: 0,
    };
    composer.run()?;
    composer.root.take()
}

/// The text with `$(…)` for each `${…}`, which YAML reads everywhere and which is as long; and where they are.
fn mask(text: &str) -> (String, Vec<Range<usize>>) {
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

/// A collection that has begun and not ended.
struct Open {
    anchor: usize,
    span: Span,
    tag: Tag,
    items: Items,
}

/// The tag of a collection.
enum Tag {
    /// No tag, or one that says nothing new.
    None,
    /// [`REPLACE`].
    Replace,
    /// A tag that means nothing here.
    Unknown,
}

enum Items {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// The last key, whose value comes next. One that is no text has none.
        key: Option<(Option<String>, bool, Span)>,
        /// The keys so far, with their places.
        known: HashMap<String, Span>,
    },
}

struct Composer<'a> {
    source: SourceId,
    /// What is read.
    text: &'a str,
    /// The same before references were masked in it.
    written: &'a str,
    /// Where they are, in their order.
    references: &'a [Range<usize>],
    diagnostics: &'a mut Diagnostics,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    root: Option<Node>,
    nodes: usize,
}

impl Composer<'_> {
    /// Runs through the events of the first document. `None` if they end before it does.
    fn run(&mut self) -> Option<()> {
        let mut documents = 0;
        let text = self.text;
        for event in Parser::new_from_str(text) {
            let (event, at) = match event {
                Ok(event) => event,
                Err(error) => {
                    let at = error.marker().byte_offset().unwrap_or(text.len());
                    self.syntax_error(at.min(text.len()), &error.info());
                    return None;
                }
            };
            let span = self.span(&at);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents == 2 {
                        self.diagnostics.push(
                            Diagnostic::new(
                                Code::UnsupportedYaml,
                                "more than one document",
                                span,
                                "a second document begins here",
                            )
                            .help("write one file for each host"),
                        );
                        break;
                    }
                }
                Event::Scalar(value, style, anchor, tag) => {
                    let plain = style == ScalarStyle::Plain;
                    let mut text = value.into_owned();
                    // The parser writes an absent value as `~`; the empty span tells the two apart.
                    if plain && span.start == span.end {
                        text.clear();
                    }
                    self.unmask(&mut text, span, plain);
                    let mut kind = match &tag {
                        Some(tag) if tag.original() == "!nix" => Kind::Nix(text),
                        Some(tag) if tag.original() == REPLACE => {
                            Kind::Replace(Box::new(Node { span, kind: Kind::Scalar { text, plain } }))
                        }
                        Some(tag) if tag.is_yaml_core_schema_tag("str") => {
                            Kind::Scalar { text, plain: false }
                        }
                        Some(tag) => {
                            self.unsupported_tag(&tag.original(), span);
                            Kind::Unreadable
                        }
                        None => Kind::Scalar { text, plain },
                    };
                    let value = match &kind {
                        Kind::Replace(value) => &value.kind,
                        kind => kind,
                    };
                    if let Kind::Scalar { text, .. } | Kind::Nix(text) = value
                        && text.contains('\0')
                    {
                        self.diagnostics.push(
                            Diagnostic::new(Code::BadValue, "a NUL character", span, "contains \\0")
                                .help("take it out: neither Nix nor a process can hold one"),
                        );
                        kind = Kind::Unreadable;
                    }
                    if plain && tag.is_none() && self.is_joined_with_next_item(span) {
                        kind = Kind::Unreadable;
                    }
                    let node = Node { span, kind };
                    let size = node.weight();
                    self.add(node, anchor, size)?;
                }
                Event::SequenceStart(_, anchor, tag) => {
                    let tag = self.tag(tag.as_deref().map(|t| t.original()), span);
                    self.open.push(Open { anchor, span, tag, items: Items::List(Vec::new()) });
                }
                Event::MappingStart(_, anchor, tag) => {
                    let tag = self.tag(tag.as_deref().map(|t| t.original()), span);
                    self.open.push(Open {
                        anchor,
                        span,
                        tag,
                        items: Items::Map { entries: Vec::new(), key: None, known: HashMap::new() },
                    });
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let open = self.open.pop()?;
                    let (kind, last) = match open.items {
                        Items::List(items) => {
                            let last = items.last().map(|n| n.span.end);
                            (Kind::List(items), last)
                        }
                        Items::Map { entries, .. } => {
                            let last = entries.last().map(|e| e.value.span.end.max(e.key_span.end));
                            (Kind::Map(merged(entries)), last)
                        }
                    };
                    // A flow collection ends at its bracket; a block ends where its last child does.
                    let flow = self
                        .text
                        .as_bytes()
                        .get(span.start as usize)
                        .is_some_and(|b| matches!(b, b']' | b'}'));
                    let end = if flow { span.end } else { last.unwrap_or(span.end) };
                    let span = Span { end: end.max(open.span.start), ..open.span };
                    let kind = match open.tag {
                        Tag::None => kind,
                        Tag::Replace => Kind::Replace(Box::new(Node { span, kind })),
                        Tag::Unknown => Kind::Unreadable,
                    };
                    let node = Node { span, kind };
                    self.add(node, open.anchor, 1)?;
                }
                Event::Alias(id) => match self.anchors.get(&id).cloned() {
                    Some((node, size)) => {
                        let node = Node { span, ..node };
                        self.add(node, 0, size)?;
                    }
                    None => {
                        self.diagnostics.push(
                            Diagnostic::new(
                                Code::UnsupportedYaml,
                                "an alias inside of its own anchor",
                                span,
                                "refers to what it is part of",
                            )
                            .help("put the value under `constants` and refer to it by name"),
                        );
                        self.add(Node { span, kind: Kind::Unreadable }, 0, 1)?;
                    }
                },
                _ => {}
            }
        }
        Some(())
    }

    /// Reports an item of a list at `span` that goes on in the next line with what was meant as the next item: YAML makes
    /// one text of both.
    fn is_joined_with_next_item(&mut self, span: Span) -> bool {
        let written = &self.text[span.start as usize..span.end as usize];
        let list = match self.open.last() {
            Some(Open { items: Items::List(_), span: list, .. }) if written.contains('\n') => *list,
            _ => return false,
        };
        let Some(item) = next_item(written).filter(|_| self.text[list.start as usize..].starts_with('-'))
        else {
            return false;
        };
        let start = span.start as usize;
        self.too_deep_item(start + item.start..start + item.end, Code::UnsupportedYaml);
        true
    }

    /// Reports the line from `line` to `end`, where the reader stopped, or the line above it, if it lacks the space after a
    /// hyphen or a colon, or is an item of a list that is indented too far.
    fn misplaced_line(&mut self, line: usize, end: usize) -> bool {
        let is_flow =
            |open: &Open| matches!(self.text.as_bytes().get(open.span.start as usize), Some(b'[' | b'{'));
        if line == 0 || self.open.iter().any(is_flow) {
            return false;
        }
        let before = self.text[..line - 1].rfind('\n').map_or(0, |i| i + 1);
        let indent = |start: usize| self.text[start..].bytes().take_while(|byte| *byte == b' ').count();
        let is_item = |start: usize| self.text[start..].starts_with("- ");
        let (own, its) = (indent(line), indent(before));
        let (here, above) = (line + own, before + its);
        if is_item(above) && is_item(here) && its < own {
            self.too_deep_item(here..end, Code::Syntax);
            return true;
        }
        self.missing_space(here..end) || own == its && self.missing_space(above..line - 1)
    }

    /// Reports `line`, as in `A:1` and `-a`, unless it has its space.
    fn missing_space(&mut self, line: Range<usize>) -> bool {
        let written = self.text[line.clone()].trim_end();
        let Some(spaced) = spaced(written) else { return false };
        let sign = if written.starts_with('-') { "hyphen" } else { "colon" };
        let number = self.text[..line.start].matches('\n').count() + 1;
        self.diagnostics.push(
            Diagnostic::new(
                Code::Syntax,
                format!("line {number} has no space after its {sign}"),
                Span::new(self.source, line.start..line.start + written.len()),
                "YAML reads this as one word",
            )
            .help(format!("write `{spaced}`")),
        );
        true
    }

    fn too_deep_item(&mut self, item: Range<usize>, code: Code) {
        self.diagnostics.push(
            Diagnostic::new(
                code,
                "an item of a list is indented too far",
                Span::new(self.source, item),
                "YAML reads this line as a part of the item above",
            )
            .help("indent it as the item above"),
        );
    }

    /// Puts the references back into a scalar, which wants quotes where it is plain and inside of brackets.
    fn unmask(&mut self, text: &mut String, span: Span, plain: bool) {
        let first = self.references.partition_point(|reference| reference.start < span.start as usize);
        let inside =
            self.references[first..].iter().take_while(|reference| reference.end <= span.end as usize);
        let mut unmasked = String::with_capacity(text.len());
        let mut done = 0;
        for reference in inside {
            let masked = &self.text[reference.clone()];
            // A plain scalar on one line is what is written. Elsewhere it is behind the one before, if no escape
            // changed it: nothing is written in this run.
            let offset = reference.start - span.start as usize;
            let at = match text.get(offset..offset + masked.len()) {
                Some(there) if there == masked && offset >= done => offset,
                _ => match text[done..].find(masked) {
                    Some(at) => done + at,
                    None => break,
                },
            };
            unmasked.extend([&text[done..at], &self.written[reference.clone()]]);
            done = at + masked.len();
        }
        if done == 0 {
            return;
        }
        unmasked.push_str(&text[done..]);
        *text = unmasked;
        let in_brackets =
            |open: &Open| matches!(self.text.as_bytes().get(open.span.start as usize), Some(b'[' | b'{'));
        if plain && self.open.iter().any(in_brackets) {
            let quoted = match text.contains(['"', '\\']) {
                true => format!("'{}'", text.replace('\'', "''")),
                false => format!("\"{text}\""),
            };
            self.diagnostics.push(unquoted(span).help(format!("write {quoted}")));
        }
    }

    /// Puts a finished node where it belongs. `None` once the file has grown too large.
    fn add(&mut self, node: Node, anchor: usize, size: usize) -> Option<()> {
        self.nodes += size;
        if self.nodes > MAX_NODES {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    "the file is too large",
                    node.span,
                    format!("by here there are more than {MAX_NODES} values"),
                )
                .help("use fewer aliases and shorter texts: an alias counts as all that it stands for, a text as its words"),
            );
            return None;
        }
        if anchor != 0 {
            let size = node.weight();
            // What an alias may stand for is kept beside the tree.
            self.nodes += size;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let source = self.source;
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { items: Items::List(items), .. }) => items.push(node),
            Some(Open { items: Items::Map { entries, key, .. }, .. }) => match key.take() {
                Some((Some(key), plain_key, key_span)) => {
                    entries.push(Entry { key, plain_key, key_span, value: node });
                    self.check_duplicate();
                }
                Some((None, ..)) => {}
                None => {
                    let span = node.span;
                    let (text, plain) = match node.kind {
                        Kind::Scalar { text, plain } => (Some(text), plain),
                        // That was said.
                        Kind::Unreadable => (None, false),
                        _ => {
                            let written = self.text[..span.end as usize]
                                .get(span.start.saturating_sub(1) as usize..)
                                .unwrap_or("");
                            let diagnostic = if source == SourceId::FILE
                                && (written.starts_with("${")
                                    || self.text[..span.start as usize].ends_with('$'))
                            {
                                unquoted(span)
                            } else {
                                Diagnostic::new(
                                    Code::UnsupportedYaml,
                                    "a key that is not text",
                                    span,
                                    "this key is a mapping or a list",
                                )
                                .help("write the key as text")
                            };
                            self.diagnostics.push(diagnostic);
                            (None, false)
                        }
                    };
                    if text.as_deref() == Some(MERGE) && plain {
                        self.diagnostics.push(
                            Diagnostic::new(Code::UnsupportedYaml, "YAML's merge key", span, "homegen does not merge with `<<`")
                                .help("put the mapping under `constants`, and refer to it: `limits: ${limits.small}`"),
                        );
                    }
                    *key = Some((text, plain, span));
                }
            },
        }
        Some(())
    }

    /// Compares the entry that was just finished with those before it. The first of two stays: its service, port
    /// or name would otherwise be reported as taken by the second.
    fn check_duplicate(&mut self) {
        let Some(Open { items: Items::Map { entries, known, .. }, .. }) = self.open.last_mut() else {
            return;
        };
        let Some(last) = entries.last().filter(|e| !e.key.is_empty()) else { return };
        let Some(first) = known.get(&last.key).copied() else {
            known.insert(last.key.clone(), last.key_span);
            return;
        };
        let Some(last) = entries.pop() else { return };
        self.diagnostics.push(
            Diagnostic::new(
                Code::DuplicateKey,
                format!("`{}` is written twice", last.key),
                last.key_span,
                "written again here",
            )
            .and(first, "first written here")
            .help("keep one of the two"),
        );
    }

    fn span(&self, at: &YamlSpan) -> Span {
        Span::new(self.source, at.byte_range().unwrap_or(0..0))
    }

    /// The tag of a collection. Reports one that homegen does not know.
    fn tag(&mut self, tag: Option<String>, span: Span) -> Tag {
        match tag.filter(|tag| !tag.ends_with("map") && !tag.ends_with("seq")) {
            Some(tag) if tag == REPLACE => Tag::Replace,
            Some(tag) => {
                self.unsupported_tag(&tag, span);
                Tag::Unknown
            }
            None => Tag::None,
        }
    }

    fn unsupported_tag(&mut self, tag: &str, span: Span) {
        let help = match tag {
            "!override" => "Compose's `!override` is `!replace` here",
            "!reset" => "write `~` in place of the value: it removes a preset's",
            _ => "remove the tag; homegen reads `!nix` and, beside a preset, `!replace`",
        };
        self.diagnostics.push(
            Diagnostic::new(
                Code::UnsupportedYaml,
                format!("the tag `{tag}` means nothing here"),
                span,
                "tagged value",
            )
            .help(help),
        );
    }

    fn syntax_error(&mut self, at: usize, said: &str) {
        let at = (0..=at).rev().find(|i| self.text.is_char_boundary(*i)).unwrap_or(0);
        // `[${a}/b]` breaks off at the brace: YAML takes `{` for the start of a mapping there.
        let line = self.text[..at].rfind('\n').map_or(0, |i| i + 1);
        let end = self.text[at..].find('\n').map_or(self.text.len(), |i| at + i);
        if let Some(found) = unquoted_reference(&self.text[line..end]) {
            let span = Span::new(self.source, line + found.start..line + found.end);
            self.diagnostics.push(unquoted(span));
            return;
        }
        if let Some(tab) = indenting_tab(&self.text[line..]).filter(|_| said.contains("tab")) {
            let at = line + tab;
            let number = self.text[..at].matches('\n').count() + 1;
            self.diagnostics.push(
                Diagnostic::new(
                    Code::Syntax,
                    format!("line {number} is indented with a tab"),
                    Span::new(self.source, at..at + 1),
                    "YAML indents with spaces alone",
                )
                .help("use spaces"),
            );
            return;
        }
        if self.misplaced_line(line, end) {
            return;
        }
        let span = Span::new(self.source, at..at);
        self.diagnostics.push(
            Diagnostic::new(
                Code::Syntax,
                format!("this is not YAML: {said}"),
                span,
                "the reader stopped here",
            )
            .help("look at the indentation, the quotes and the brackets around this place"),
        );
    }
}

/// Where a line of `text` after its first one begins an item of a list, further in than `text` itself does.
fn next_item(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    text.split('\n').find_map(|line| {
        let item = line.trim();
        let at = start + (line.len() - line.trim_start().len());
        let is_first = start == 0;
        start += line.len() + 1;
        (!is_first && item.starts_with("- ")).then(|| at..at + item.len())
    })
}

/// The line `item` with the space that it lacks.
fn spaced(item: &str) -> Option<String> {
    if let Some(value) = item.strip_prefix('-') {
        return (!value.starts_with(['-', ' ']) && !value.is_empty()).then(|| format!("- {value}"));
    }
    let (key, value) = item.split_once(':')?;
    let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && is_word(key, b"_-.");
    (is_key && !value.is_empty() && !value.starts_with([' ', '/'])).then(|| format!("{key}: {value}"))
}

/// The first tab that indents a line of `text`.
fn indenting_tab(text: &str) -> Option<usize> {
    let mut start = 0;
    text.split_inclusive('\n').find_map(|line| {
        let at = start;
        start += line.len();
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        line[..indent].find('\t').map(|tab| at + tab)
    })
}

/// The tag of a value that replaces a preset's. Compose's word for it is `!override`.
const REPLACE: &str = "!replace";

/// YAML 1.1's key for a mapping that stands for its members (yaml.org/type/merge).
const MERGE: &str = "<<";

/// The entries with those that merge keys stand for. It was said that these have to go, and what they stand for
/// is not missing.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    let is_merge = |entry: &Entry| entry.key == MERGE && entry.plain_key;
    if !entries.iter().any(is_merge) {
        return entries;
    }
    let (merges, mut all): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(is_merge);
    let mut known: HashSet<String> = all.iter().map(|entry| entry.key.clone()).collect();
    for merge in merges {
        let bases = match merge.value.kind {
            Kind::List(bases) => bases,
            _ => vec![merge.value],
        };
        for base in bases {
            let Kind::Map(more) = base.kind else { continue };
            all.extend(more.into_iter().filter(|entry| known.insert(entry.key.clone())));
        }
    }
    all
}

fn unquoted(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::UnquotedReference,
        "a reference inside `{ }` or `[ ]` needs quotes",
        span,
        "YAML takes this brace for a mapping",
    )
    .help("put the whole value in double quotes: \"${…}\"")
}

/// Where `line` has a `${…}` outside of quotes and inside of brackets.
fn unquoted_reference(line: &str) -> Option<Range<usize>> {
    let (mut depth, mut quote) = (0usize, None);
    let mut chars = line.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        match (quote, c) {
            (Some(q), _) if q == c => quote = None,
            (Some('"'), '\\') => {
                chars.next();
            }
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '$') if depth > 0 && line[i + 1..].starts_with('{') => {
                let end = line[i..].find('}').map_or(line.len(), |n| i + n + 1);
                return Some(i..end);
            }
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, '#') if line[..i].ends_with(' ') => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{next_item, spaced};

    #[test]
    fn a_line_without_its_space() {
        for (line, meant) in [
            ("LEVEL:debug", Some("LEVEL: debug")),
            ("restart:always", Some("restart: always")),
            ("-/srv/a:/a", Some("- /srv/a:/a")),
            ("- db:5432", None),
            ("--title=x", None),
            ("---", None),
            ("https://example.org", None),
            ("8080:80", None),
            ("image: a:1", None),
            ("image:", None),
        ] {
            assert_eq!(spaced(line).as_deref(), meant, "{line}");
        }
    }

    #[test]
    fn an_item_in_the_lines_of_a_text() {
        assert_eq!(next_item("a:/a\n    - b:/b\n    - c:/c"), Some(9..15));
        assert_eq!(next_item("- a\n  b - c"), None);
        assert_eq!(next_item("a\n  --b"), None);
    }
}
