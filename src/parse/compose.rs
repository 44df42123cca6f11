//! Events of the YAML parser → [`syntax`](crate::syntax).

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span as YamlSpan};

use super::report::{too_deep_item, unquoted};
use crate::diag::{Code, Diagnostic, Diagnostics, Fix};
use crate::limits::MAX_NODES;
use crate::source::{SourceId, Span};
use crate::syntax::{Entry, Kind, Node};

/// The result of composing a text.
pub(super) struct Composed {
    /// The tree. `None` if the text is empty, or parsing stopped early.
    pub root: Option<Node>,
    /// The reason for which parsing stopped early.
    pub halt: Option<Halt>,
    /// A reference needs quotes.
    pub has_unquoted: bool,
}

/// A reason for which parsing stops early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// The text is not valid YAML.
    Broken,
    /// The text has too many values; a diagnostic was pushed.
    TooLarge,
}

/// Composes the first document of `text`, which is `written` with other characters for the braces of `references`.
pub(super) fn compose(
    text: &str,
    written: &str,
    source: SourceId,
    references: &[Range<usize>],
    diagnostics: &mut Diagnostics,
) -> Composed {
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
        has_unquoted: false,
    };
    let halt = composer.run().err();
    let root = composer.root.take().filter(|_| halt.is_none());
    Composed { root, halt, has_unquoted: composer.has_unquoted }
}

/// A collection whose end has not been reached.
struct Open {
    anchor: usize,
    span: Span,
    tag: Tag,
    items: Items,
}

/// The tag of a collection.
enum Tag {
    /// No tag, or a default tag such as `!!map`.
    None,
    /// [`REPLACE`].
    Replace,
    /// An unsupported tag.
    Unknown,
}

enum Items {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// The last key, whose value follows. A key that is not a string has no text.
        key: Option<(Option<String>, bool, Span)>,
        /// The keys so far, with their spans.
        known: HashMap<String, Span>,
    },
}

struct Composer<'a> {
    source: SourceId,
    /// The parsed text, with masked references.
    text: &'a str,
    /// The text before references were masked.
    written: &'a str,
    /// The ranges of the masked references, in order.
    references: &'a [Range<usize>],
    diagnostics: &'a mut Diagnostics,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    root: Option<Node>,
    nodes: usize,
    has_unquoted: bool,
}

impl Composer<'_> {
    /// Processes the events of the first document.
    fn run(&mut self) -> Result<(), Halt> {
        let mut documents = 0;
        let text = self.text;
        for event in Parser::new_from_str(text) {
            let (event, at) = event.map_err(|_| Halt::Broken)?;
            let span = self.span(&at);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents == 2 {
                        self.diagnostics.push(
                            Diagnostic::new(
                                Code::UnsupportedYaml,
                                "the file has more than one YAML document",
                                span,
                                "a second document starts here",
                            )
                            .help("write one file per host"),
                        );
                        break;
                    }
                }
                Event::Scalar(value, style, anchor, tag) => {
                    let plain = style == ScalarStyle::Plain;
                    let mut text = value.into_owned();
                    // The parser reports an absent value as `~`; only an absent value has an empty span.
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
                            Diagnostic::new(
                                Code::BadValue,
                                "a value cannot contain a NUL character",
                                span,
                                "contains `\\0`",
                            )
                            .help("remove the NUL character: neither Nix nor a process can hold it"),
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
                    let open = self.open.pop().ok_or(Halt::Broken)?;
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
                                "an alias refers to its own anchor",
                                span,
                                "is a part of the value that it refers to",
                            )
                            .help("move the value to `constants`, and refer to it by name"),
                        );
                        self.add(Node { span, kind: Kind::Unreadable }, 0, 1)?;
                    }
                },
                _ => {}
            }
        }
        Ok(())
    }

    /// Reports a list item at `span` that continues with an item indented further: YAML joins both into one string.
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
        let item = Span::new(self.source, start + item.start..start + item.end);
        self.diagnostics.push(too_deep_item(item, Code::UnsupportedYaml));
        true
    }

    /// Restores the references in a scalar. A plain scalar inside brackets needs quotes.
    fn unmask(&mut self, text: &mut String, span: Span, plain: bool) {
        let first = self.references.partition_point(|reference| reference.start < span.start as usize);
        let inside =
            self.references[first..].iter().take_while(|reference| reference.end <= span.end as usize);
        let mut unmasked = String::with_capacity(text.len());
        let mut done = 0;
        for reference in inside {
            let masked = &self.text[reference.clone()];
            // A plain scalar on one line has the written offsets. Otherwise the reference follows the previous one,
            // unless an escape changed the text: this run writes no output.
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
            self.has_unquoted = true;
            let help = format!("write `{quoted}`");
            self.diagnostics.push(unquoted(span).help(help).fix(Fix::certain(span, quoted)));
        }
    }

    /// Adds a complete node to the open collection.
    fn add(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Halt> {
        self.nodes += size;
        if self.nodes > MAX_NODES {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    "the file is too large",
                    node.span,
                    format!("the file has more than {MAX_NODES} values up to here"),
                )
                .help("use fewer aliases and shorter strings: an alias counts as all its values, a string as its words"),
            );
            return Err(Halt::TooLarge);
        }
        if anchor != 0 {
            let size = node.weight();
            // The copy for later aliases counts too: it is kept beside the tree.
            self.nodes += size;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let source = self.source;
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { items: Items::List(items), .. }) => items.push(node),
            Some(Open { items: Items::Map { entries, key, .. }, .. }) => {
                match key.take() {
                    Some((Some(key), plain_key, key_span)) => {
                        entries.push(Entry { key, plain_key, key_span, value: node });
                        self.check_duplicate();
                    }
                    Some((None, _, key_span)) => entries.push(Entry::unreadable(key_span)),
                    None => {
                        let span = node.span;
                        let (text, plain) = match node.kind {
                            Kind::Scalar { text, plain } => (Some(text), plain),
                            // Already reported.
                            Kind::Unreadable => (None, false),
                            _ => {
                                let written = self.text[..span.end as usize]
                                    .get(span.start.saturating_sub(1) as usize..)
                                    .unwrap_or("");
                                let diagnostic = if source == SourceId::FILE
                                    && (written.starts_with("${")
                                        || self.text[..span.start as usize].ends_with('$'))
                                {
                                    self.has_unquoted = true;
                                    unquoted(span)
                                } else {
                                    Diagnostic::new(
                                        Code::UnsupportedYaml,
                                        "a key must be a string",
                                        span,
                                        "this key is a mapping or a list",
                                    )
                                    .help("write the key as a string")
                                };
                                self.diagnostics.push(diagnostic);
                                (None, false)
                            }
                        };
                        if text.as_deref() == Some(MERGE) && plain {
                            self.diagnostics.push(
                            Diagnostic::new(Code::UnsupportedYaml, "the merge key `<<` is not supported", span, "merges a mapping")
                                .help("move the mapping to `constants`, and refer to it: `limits: ${limits.small}`"),
                        );
                        }
                        *key = Some((text, plain, span));
                    }
                }
            }
        }
        Ok(())
    }

    /// Reports the last entry if its key was declared before, and drops it. Otherwise its service, port or name would
    /// also be reported as taken.
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
                "declared again here",
            )
            .and(first, "first declared here")
            .help("remove one of the two"),
        );
    }

    fn span(&self, at: &YamlSpan) -> Span {
        Span::new(self.source, at.byte_range().unwrap_or(0..0))
    }

    /// The tag of a collection. Reports an unsupported tag.
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
            "!reset" => "write `~` as the value: it removes the preset's value",
            _ => "remove the tag: homegen reads only `!nix` and, for values of a preset, `!replace`",
        };
        self.diagnostics.push(
            Diagnostic::new(
                Code::UnsupportedYaml,
                format!("the tag `{tag}` is not supported"),
                span,
                "this value has the tag",
            )
            .help(help),
        );
    }
}

/// The range of the first line of `text`, after its own first line, that starts a list item.
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

/// The tag of a value that replaces a preset's value. Compose's tag is `!override`.
const REPLACE: &str = "!replace";

/// YAML 1.1's merge key (yaml.org/type/merge).
const MERGE: &str = "<<";

/// Expands merge keys, which were reported, so that their entries do not count as missing.
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

#[cfg(test)]
mod tests {
    use super::next_item;

    #[test]
    fn the_next_list_item_in_a_text_is_found() {
        assert_eq!(next_item("a:/a\n    - b:/b\n    - c:/c"), Some(9..15));
        assert_eq!(next_item("- a\n  b - c"), None);
        assert_eq!(next_item("a\n  --b"), None);
    }
}
