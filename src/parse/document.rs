//! Events of the YAML parser → the documents of a Compose file, which may use all of YAML.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle};

use super::{recover, report};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::limits::{MAX_COMPOSE_NODES, weight};
use crate::source::{SourceId, Span};

/// A value of a document. An alias is the value at its anchor.
#[derive(Debug)]
pub(crate) struct Value {
    /// The place.
    pub span: Span,
    /// The local tag, such as `!reset`.
    pub tag: Option<String>,
    /// The levels of collections, with those of aliases.
    depth: usize,
    /// The value without its tag.
    pub kind: ValueKind,
}

/// The kinds of values.
#[derive(Debug)]
pub(crate) enum ValueKind {
    /// A scalar.
    Scalar {
        /// The text. Empty if there is no value.
        text: String,
        /// It has no quotes and is no block.
        is_plain: bool,
    },
    /// A list.
    List(Vec<Rc<Value>>),
    /// A mapping.
    Map(Vec<Pair>),
    /// A value that could not be read; a diagnostic was emitted.
    Unreadable,
}

/// A key with its value. A key of a merged mapping has its own place.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// The key.
    pub key: String,
    /// The place of the key.
    pub key_span: Span,
    /// The value.
    pub value: Rc<Value>,
}

/// The documents of a file, without empty ones, and the spans of its scalars in order.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    /// The roots.
    pub roots: Vec<Rc<Value>>,
    /// The spans of all scalars, in the order of the text: a `#` outside of them starts a comment.
    pub scalars: Vec<Span>,
    /// All lines could be read.
    pub is_whole: bool,
}

/// Parses the documents of a Compose file, and reports each mistake.
pub(crate) fn documents(text: &str, source: SourceId, diagnostics: &mut Diagnostics) -> Documents {
    let mut found = Diagnostics::default();
    let mut composer = Composer::new(text, source, &mut found);
    match composer.run() {
        Ok(()) => {
            let documents = Documents { is_whole: true, ..composer.documents };
            diagnostics.append(found);
            return documents;
        }
        Err(Halt::TooLarge) => {
            diagnostics.append(found);
            return Documents::default();
        }
        Err(Halt::Broken(..)) => {}
    }
    // YAML stops at the first mistake. Without its lines, the rest of the file is parsed too.
    let mut readable = text.to_owned();
    let mut muted = Vec::new();
    for broken in recover::recover(&mut readable) {
        report::report(text, &broken, source, diagnostics);
        muted.push(Span::new(source, broken.lines.clone()));
        muted.push(Span::new(source, recover::line_at(text, broken.stop.at)));
    }
    let mut found = Diagnostics::default();
    let mut composer = Composer::new(&readable, source, &mut found);
    let documents = match composer.run() {
        Ok(()) => composer.documents,
        Err(Halt::TooLarge) => Documents::default(),
        Err(Halt::Broken(at)) => {
            found.push(
                Diagnostic::new(
                    Code::Syntax,
                    "the file is not valid YAML",
                    Span::new(source, at..at),
                    "the YAML parser stopped here",
                )
                .help("check the indentation, the quotes and the brackets of this line and the line above"),
            );
            Documents::default()
        }
    };
    diagnostics.append(found);
    // Mistakes in these lines follow from the reported ones.
    muted.into_iter().for_each(|lines| diagnostics.mute(lines));
    documents
}

/// A reason for which parsing stops early.
enum Halt {
    /// The text is not valid YAML from this offset on.
    Broken(usize),
    /// The text has too many values; a diagnostic was pushed.
    TooLarge,
}

/// A collection whose end has not been reached.
struct Open {
    anchor: usize,
    span: Span,
    /// The end of the last value in it.
    end: u32,
    tag: Option<String>,
    items: Items,
}

enum Items {
    List(Vec<Rc<Value>>),
    Map {
        pairs: Vec<Pair>,
        /// The last key, whose value follows. An invalid key has no text.
        key: Option<(Option<String>, bool, Span)>,
        /// The number of keys before the merge key, its place and its value.
        merge: Option<(usize, Span, Rc<Value>)>,
        /// The keys so far, with their spans.
        known: HashMap<String, Span>,
    },
}

struct Composer<'a> {
    source: SourceId,
    text: &'a str,
    diagnostics: &'a mut Diagnostics,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Value>>,
    documents: Documents,
    nodes: usize,
}

impl<'a> Composer<'a> {
    fn new(text: &'a str, source: SourceId, diagnostics: &'a mut Diagnostics) -> Self {
        Composer {
            source,
            text,
            diagnostics,
            open: Vec::new(),
            anchors: HashMap::new(),
            documents: Documents::default(),
            nodes: 0,
        }
    }

    fn run(&mut self) -> Result<(), Halt> {
        let text = self.text;
        for event in Parser::new_from_str(text) {
            let (event, at) = event.map_err(|error| {
                let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                Halt::Broken((0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0))
            })?;
            let span = Span::new(self.source, at.byte_range().unwrap_or(0..0));
            match event {
                Event::Scalar(value, style, anchor, tag) => {
                    let is_plain = style == ScalarStyle::Plain;
                    let mut text = value.into_owned();
                    // The parser reports an absent value as `~`; only an absent value has an empty span.
                    if is_plain && span.start == span.end {
                        text.clear();
                    } else {
                        self.documents.scalars.push(span);
                    }
                    let is_text = tag.as_ref().is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                    let tag = tag.map(|tag| tag.original()).filter(|tag| !tag.starts_with("!!"));
                    let size = weight(&text);
                    let is_plain = is_plain && !is_text;
                    self.add(span, tag, ValueKind::Scalar { text, is_plain }, anchor, size)?;
                }
                Event::SequenceStart(_, anchor, tag) => {
                    let tag = tag.map(|tag| tag.original());
                    let items = Items::List(Vec::new());
                    self.open.push(Open { anchor, span, end: span.end, tag, items });
                }
                Event::MappingStart(_, anchor, tag) => {
                    let tag = tag.map(|tag| tag.original());
                    let items =
                        Items::Map { pairs: Vec::new(), key: None, merge: None, known: HashMap::new() };
                    self.open.push(Open { anchor, span, end: span.end, tag, items });
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let open = self.open.pop().ok_or(Halt::Broken(span.start as usize))?;
                    // A flow collection ends at its bracket; a block ends where its last value does.
                    let is_flow = matches!(text.as_bytes().get(span.start as usize), Some(b']' | b'}'));
                    let end = if is_flow { span.end } else { open.end };
                    let kind = match open.items {
                        Items::List(items) => ValueKind::List(items),
                        Items::Map { pairs, merge: None, .. } => ValueKind::Map(pairs),
                        Items::Map { mut pairs, merge: Some((at, place, bases)), known, .. } => {
                            let merged = self.merged(place, &bases, &known)?;
                            pairs.splice(at..at, merged);
                            ValueKind::Map(pairs)
                        }
                    };
                    let span = Span { end: end.max(open.span.start), ..open.span };
                    self.add(span, open.tag, kind, open.anchor, 1)?;
                }
                Event::Alias(id) => match self.anchors.get(&id).cloned() {
                    Some(value) => self.place(value, span)?,
                    None => {
                        self.diagnostics.push(
                            Diagnostic::new(
                                Code::UnsupportedYaml,
                                "an alias refers to its own anchor",
                                span,
                                "is a part of the value that it refers to",
                            )
                            .help("write the value instead of the alias"),
                        );
                        self.add(span, None, ValueKind::Unreadable, 0, 1)?;
                    }
                },
                _ => {}
            }
        }
        Ok(())
    }

    /// Adds a complete value.
    fn add(
        &mut self,
        span: Span,
        tag: Option<String>,
        kind: ValueKind,
        anchor: usize,
        size: usize,
    ) -> Result<(), Halt> {
        self.nodes += size;
        if self.nodes > MAX_COMPOSE_NODES {
            self.diagnostics.push(too_many(span));
            return Err(Halt::TooLarge);
        }
        let depth = match &kind {
            ValueKind::List(items) => 1 + items.iter().map(|item| item.depth).max().unwrap_or_default(),
            ValueKind::Map(pairs) => 1 + pairs.iter().map(|pair| pair.value.depth).max().unwrap_or_default(),
            _ => 0,
        };
        if depth > MAX_DEPTH {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    "the file is nested too deeply",
                    span,
                    format!("has more than {MAX_DEPTH} levels"),
                )
                .help("use fewer aliases inside of each other"),
            );
            return Err(Halt::TooLarge);
        }
        let value = Rc::new(Value { span, tag, depth, kind });
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&value));
        }
        self.place(value, span)
    }

    /// Puts a value that is used at `span` into the open collection.
    fn place(&mut self, value: Rc<Value>, span: Span) -> Result<(), Halt> {
        let Some(open) = self.open.last_mut() else {
            let is_empty =
                matches!(&value.kind, ValueKind::Scalar { text, is_plain: true } if text.is_empty());
            if !is_empty {
                self.documents.roots.push(value);
            }
            return Ok(());
        };
        open.end = span.end.max(open.end);
        let (pairs, key, merge, known) = match &mut open.items {
            Items::List(items) => {
                items.push(value);
                return Ok(());
            }
            Items::Map { pairs, key, merge, known } => (pairs, key, merge, known),
        };
        let Some((name, is_plain, key_span)) = key.take() else {
            let name = match &value.kind {
                ValueKind::Scalar { text, is_plain } if !is_plain || is_text(text) => {
                    Some((text.clone(), *is_plain))
                }
                ValueKind::Unreadable => None,
                kind => {
                    let diagnostic = Diagnostic::new(
                        Code::UnsupportedYaml,
                        "a key must be a string",
                        span,
                        match kind {
                            ValueKind::Scalar { .. } => "YAML reads this key as another type",
                            _ => "this key is a mapping or a list",
                        },
                    );
                    self.diagnostics.push(match kind {
                        ValueKind::Scalar { text, .. } if !text.is_empty() => {
                            diagnostic.help(format!("write `\"{text}\"`"))
                        }
                        _ => diagnostic.help("write the key as a string"),
                    });
                    None
                }
            };
            let (name, is_plain) = name.unzip();
            *key = Some((name, is_plain.unwrap_or_default(), span));
            return Ok(());
        };
        let Some(name) = name else { return Ok(()) };
        let is_merge = is_plain && name == "<<";
        match known.get(&name) {
            Some(first) => self.diagnostics.push(
                Diagnostic::new(
                    Code::DuplicateKey,
                    format!("`{name}` is written twice"),
                    key_span,
                    "declared again here",
                )
                .and(*first, "first declared here")
                .help(match is_merge {
                    true => "write one `<<` with a list: `<<: [*a, *b]`",
                    false => "remove one of the two",
                }),
            ),
            None => {
                known.insert(name.clone(), key_span);
                match is_merge {
                    true => *merge = Some((pairs.len(), key_span, value)),
                    false => pairs.push(Pair { key: name, key_span, value }),
                }
            }
        }
        Ok(())
    }

    /// The pairs that a merge key adds to a mapping with the keys `own` (yaml.org/type/merge): own keys win, then the first of
    /// several mappings.
    fn merged(&mut self, at: Span, bases: &Value, own: &HashMap<String, Span>) -> Result<Vec<Pair>, Halt> {
        let list = match &bases.kind {
            ValueKind::List(list) => list.iter().map(Rc::as_ref).collect(),
            _ => vec![bases],
        };
        let mut merged: Vec<Pair> = Vec::new();
        let mut known: HashSet<&str> = HashSet::new();
        for base in list {
            match &base.kind {
                ValueKind::Map(pairs) => {
                    self.nodes += pairs.len();
                    if self.nodes > MAX_COMPOSE_NODES {
                        self.diagnostics.push(too_many(at));
                        return Err(Halt::TooLarge);
                    }
                    for pair in pairs {
                        if !own.contains_key(&pair.key) && known.insert(&pair.key) {
                            merged.push(pair.clone());
                        }
                    }
                }
                ValueKind::Unreadable => {}
                _ => self.diagnostics.push(
                    Diagnostic::new(
                        Code::UnsupportedYaml,
                        "a merge key needs a mapping",
                        at,
                        "expected an alias of a mapping, or a list of them",
                    )
                    .help("write `<<: *NAME`, where `&NAME` is at a mapping"),
                ),
            }
        }
        Ok(merged)
    }
}

/// The most levels of collections, with those of aliases. Values that are nested recurse on the stack.
const MAX_DEPTH: usize = 500;

/// The diagnostic for a value above [`MAX_COMPOSE_NODES`].
pub(crate) fn too_many(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::TooLarge,
        "the Compose project is too large",
        span,
        format!("the project has more than {MAX_COMPOSE_NODES} values up to here"),
    )
    .help("use fewer aliases and shorter strings: an alias counts as all its values, a string as its words")
}

/// Reports whether YAML reads a plain scalar as text: not as nothing, a flag or a number.
fn is_text(text: &str) -> bool {
    let number = text.trim_start_matches(['+', '-']);
    let is_number = number.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && (number.parse::<f64>().is_ok() || number.starts_with("0x") || number.starts_with("0o"));
    !is_null(text)
        && !matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
        && !matches!(number, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
        && !is_number
}

/// Reports whether YAML reads a plain scalar as no value.
pub(crate) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}
