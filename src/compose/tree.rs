//! Documents → [`Node`]s with their origins.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;

use crate::diag::Diagnostics;
use crate::limits::weight;
use crate::parse::document::{Documents, Value, ValueKind, is_null, too_many};
use crate::project::{Comment, Comments, Kind, Node, Origin, Origins, Part, Place, Scalar, Step};
use crate::source::Span;

/// The values with the tag `!reset` or `!override`, which remove the values of earlier files: by the path of their mapping, the
/// keys with the nodes that have the tag.
pub(super) type Removals = BTreeMap<Vec<String>, HashMap<String, Origin>>;

/// The nodes of a document.
pub(super) struct Tree {
    /// The root, or `None` if it could not be read.
    pub root: Option<Node>,
    /// The tags that remove values of earlier files.
    pub removals: Removals,
    /// Nodes without effect of their own: those with the tag `!reset`.
    pub resets: Vec<Origin>,
    /// The nodes that stand at their own place and not at an anchor's, in the order of the text.
    own: Vec<Origin>,
}

/// Turns documents into nodes. Counts nodes of all files of a project.
pub(super) struct Builder<'a> {
    /// The places of all nodes.
    pub origins: &'a mut Origins,
    /// The number of nodes that may follow.
    pub left: &'a mut usize,
    /// The diagnostics.
    pub diagnostics: &'a mut Diagnostics,
}

/// Counts nodes. Returns false if they exceed the limit, which is reported once.
pub(super) fn take(left: &mut usize, size: usize, at: Span, diagnostics: &mut Diagnostics) -> bool {
    if *left == 0 {
        return false;
    }
    *left = left.saturating_sub(size);
    if *left == 0 {
        diagnostics.push(too_many(at));
    }
    *left > 0
}

/// The state inside one document.
struct Walk<'b, 'a> {
    builder: &'b mut Builder<'a>,
    tree: Tree,
    path: Vec<String>,
    /// The number of lists around the current value.
    lists: usize,
    /// The service whose nodes are wanted, if not all are.
    only: Option<&'b str>,
}

impl Builder<'_> {
    /// The nodes of a document. With `only`, those of one service.
    pub(super) fn build(&mut self, document: &Value, only: Option<&str>) -> Tree {
        let tree = Tree { root: None, removals: Removals::new(), resets: Vec::new(), own: Vec::new() };
        let mut walk = Walk { builder: self, tree, path: Vec::new(), lists: 0, only };
        let root = walk.node(document, None, Step::Root, document.span, true);
        Tree { root, ..walk.tree }
    }
}

impl Walk<'_, '_> {
    fn node(
        &mut self,
        value: &Value,
        parent: Option<Origin>,
        step: Step,
        at: Span,
        is_own: bool,
    ) -> Option<Node> {
        let size = match &value.kind {
            ValueKind::Unreadable => return None,
            ValueKind::Scalar { text, .. } => weight(text),
            _ => 1,
        };
        if !take(self.builder.left, size, at, self.builder.diagnostics) {
            return None;
        }
        let is_extension = is_extension(&self.path);
        let is_leaf = is_extension
            || match &value.kind {
                ValueKind::List(items) => items.is_empty(),
                ValueKind::Map(pairs) => pairs.is_empty(),
                _ => true,
            };
        let place = Place { parent, step, at, value: value.span, is_leaf };
        let origin = self.builder.origins.add(place);
        if is_own {
            self.tree.own.push(origin);
        }
        if self.lists == 0
            && matches!(value.tag.as_deref(), Some("!reset" | "!override"))
            && let Some((key, path)) = self.path.split_last()
        {
            self.tree.removals.entry(path.to_vec()).or_default().insert(key.clone(), origin);
        }
        if value.tag.as_deref() == Some("!reset") {
            self.builder.origins.set_leaf(origin, true);
            self.tree.resets.push(origin);
            return None;
        }
        let kind = match is_extension {
            true => self.leaf(value, origin),
            false => self.kind(value, origin),
        };
        Some(Node { origin, kind })
    }

    fn kind(&mut self, value: &Value, origin: Origin) -> Kind {
        // A value outside of its collection stands at an anchor.
        match &value.kind {
            ValueKind::Unreadable => Kind::Null,
            ValueKind::Scalar { text, is_plain } => scalar(text, *is_plain, is_typed(value)),
            ValueKind::List(items) => {
                self.lists += 1;
                let items = items.iter().enumerate().filter_map(|(index, item)| {
                    let is_own = self.is_own(origin) && value.span.contains(item.span);
                    self.node(item, Some(origin), Step::Item(index), item.span, is_own)
                });
                let items = items.collect();
                self.lists -= 1;
                Kind::List(items)
            }
            ValueKind::Map(pairs) => {
                let mut entries = IndexMap::with_capacity(pairs.len());
                for pair in pairs.iter() {
                    if !self.is_wanted(&pair.key) {
                        continue;
                    }
                    let is_own = self.is_own(origin) && value.span.contains(pair.key_span);
                    self.path.push(pair.key.clone());
                    let step = Step::Key(pair.key.clone());
                    if let Some(node) = self.node(&pair.value, Some(origin), step, pair.key_span, is_own) {
                        entries.insert(pair.key.clone(), node);
                    }
                    self.path.pop();
                }
                Kind::Map(entries)
            }
        }
    }

    /// A value whose parts have no nodes of their own.
    fn leaf(&mut self, value: &Value, origin: Origin) -> Kind {
        let size = match &value.kind {
            ValueKind::Scalar { text, .. } => weight(text),
            _ => 1,
        };
        if !take(self.builder.left, size, value.span, self.builder.diagnostics) {
            return Kind::Null;
        }
        match &value.kind {
            ValueKind::Unreadable => Kind::Null,
            ValueKind::Scalar { text, is_plain } => scalar(text, *is_plain, is_typed(value)),
            ValueKind::List(items) => {
                Kind::List(items.iter().map(|item| Node { origin, kind: self.leaf(item, origin) }).collect())
            }
            ValueKind::Map(pairs) => {
                let entry = |pair: &crate::parse::document::Pair| {
                    (pair.key.clone(), Node { origin, kind: self.leaf(&pair.value, origin) })
                };
                Kind::Map(pairs.iter().map(entry).collect())
            }
        }
    }

    fn is_own(&self, origin: Origin) -> bool {
        self.tree.own.binary_search(&origin).is_ok()
    }

    /// Reports whether the nodes below a key of the current mapping are wanted.
    fn is_wanted(&self, key: &str) -> bool {
        let Some(only) = self.only else { return true };
        match self.path.as_slice() {
            [] => key == "services",
            [_] => key == only,
            _ => true,
        }
    }
}

/// Reports whether the value at `path` is an extension of the file or of a service, whose contents Compose ignores.
fn is_extension(path: &[String]) -> bool {
    match path {
        [key] => key.starts_with("x-"),
        [section, _, key] => section == "services" && key.starts_with("x-"),
        _ => false,
    }
}

fn scalar(text: &str, is_plain: bool, has_tag: bool) -> Kind {
    match is_plain && !has_tag && is_null(text) {
        true => Kind::Null,
        false => {
            Kind::Scalar(Scalar { parts: vec![Part::Text(text.to_owned())], is_plain: is_plain && !has_tag })
        }
    }
}

/// Finds the comments of a file, and attaches each to a node of `trees`.
pub(super) fn comments(
    text: &str,
    documents: &Documents,
    trees: &[Tree],
    origins: &Origins,
    left: &mut usize,
    found: &mut BTreeMap<Origin, Comments>,
    diagnostics: &mut Diagnostics,
) {
    let Some(source) = documents.roots.first().map(|root| root.span.source) else { return };
    // The first node of each line, with its line and its indentation.
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line_of = |at: usize| starts.partition_point(|start| *start <= at) - 1;
    let indent =
        |line: usize| text[starts[line]..].len() - text[starts[line]..].trim_start_matches(' ').len();
    let mut nodes: Vec<(usize, Origin)> = Vec::new();
    for origin in trees.iter().flat_map(|tree| &tree.own) {
        let place = origins.place(*origin);
        if place.parent.is_none() {
            continue;
        }
        let line = line_of((place.at.start as usize).min(text.len()));
        if nodes.last().is_none_or(|(last, _)| *last < line) {
            nodes.push((line, *origin));
        }
    }
    let Some((_, first)) = nodes.first().copied() else { return };
    let ends = documents.scalars.iter().map(|span| span.end as usize);
    let gaps = std::iter::once(0)
        .chain(ends)
        .zip(documents.scalars.iter().map(|span| span.start as usize).chain([text.len()]));
    for (start, end) in gaps.filter(|(start, end)| start < end) {
        let mut at = start;
        while let Some(hash) = text.get(at..end).and_then(|gap| gap.find('#')).map(|hash| at + hash) {
            let before = text[..hash].chars().next_back();
            if before.is_some_and(|before| !before.is_whitespace()) {
                at = hash + 1;
                continue;
            }
            let stop = text[hash..].find('\n').map_or(text.len(), |length| hash + length);
            at = stop;
            let line = line_of(hash);
            if !take(left, 1, Span::new(source, hash..stop), diagnostics) {
                return;
            }
            let comment = Comment {
                text: text[hash + 1..stop].trim_end().to_owned(),
                span: Span::new(source, hash..stop),
            };
            let next = nodes.partition_point(|(start, _)| *start < line);
            let is_alone = text[starts[line]..hash].trim().is_empty();
            if !is_alone {
                let node = match nodes.get(next) {
                    Some((start, node)) if *start == line => *node,
                    _ => nodes[..next].last().map_or(first, |(_, node)| *node),
                };
                let beside = &mut found.entry(node).or_default().beside;
                beside.get_or_insert(comment);
                continue;
            }
            let column = hash - starts[line];
            match nodes.get(next) {
                Some((start, node)) if indent(*start) >= column => {
                    found.entry(*node).or_default().above.push(comment);
                }
                // The comment is indented further than the next node: it belongs to the block above.
                _ => {
                    let above = nodes[..next].iter().rev().take(MAX_LINES_ABOVE);
                    let above = above.map(|(start, node)| (indent(*start), *node));
                    let node = above.filter(|(indent, _)| *indent <= column).map(|(_, node)| node).next();
                    let node = node.or(nodes.get(next).map(|(_, node)| *node)).unwrap_or(first);
                    found.entry(node).or_default().below.push(comment);
                }
            }
        }
    }
}

/// The most lines above a comment in which its block is searched.
const MAX_LINES_ABOVE: usize = 100;

/// Reports whether a tag of its own, such as `!x`, makes a scalar text.
fn is_typed(value: &Value) -> bool {
    value.tag.as_deref().is_some_and(|tag| !matches!(tag, "!reset" | "!override"))
}
