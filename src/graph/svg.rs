//! A picture as SVG. Each service is a box, whose content is laid out in layers. What several services share is a bar beside
//! the boxes: those who reach the host on the left, disks and servers on the right. A line leads from each box to the bars.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use rayon::prelude::*;

use super::layout::{Connection, Layout, Point, layered};
use super::{Edge, EdgeKind, Graph, Node, NodeKind};
use crate::printable::printable;

/// The most nodes that are laid out together. The time grows with their square.
const MAX_NODES: usize = 40;

/// The most characters of a text. A tooltip has all of it.
const MAX_TEXT: usize = 44;

/// The space around boxes and bars.
const GAP: f64 = 24.0;

/// The height of a line of text.
const LINE: f64 = 16.0;

/// The width of a bar.
const BAR: f64 = 12.0;

/// Renders a picture.
pub fn render(graph: &Graph) -> String {
    Drawing::of(graph).render()
}

/// A box: a service or a part of one, with its layout.
struct Part {
    title: Option<String>,
    /// The nodes in the box, and then the stubs of bars.
    nodes: Vec<usize>,
    /// The edges in the box, in the order of the connections of the layout. True for one that is laid out against its
    /// direction.
    edges: Vec<(usize, bool)>,
    layout: Layout,
    /// The top left corner.
    at: Point,
    size: Point,
}

/// A picture with the positions of everything.
struct Drawing<'a> {
    graph: &'a Graph,
    parts: Vec<Part>,
    /// The position of the center of each bar, by node.
    bars: BTreeMap<usize, f64>,
    /// The edges between bars, and between boxes.
    others: Vec<usize>,
    size: Point,
}

impl<'a> Drawing<'a> {
    fn of(graph: &'a Graph) -> Drawing<'a> {
        let is_bar = |node: usize| is_bar(&graph.nodes[node]);
        // The boxes: the nodes of each service, in parts that are not too large.
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); graph.groups.len() + 1];
        for (at, node) in graph.nodes.iter().enumerate().filter(|(at, _)| !is_bar(*at)) {
            members[node.group.unwrap_or(graph.groups.len())].push(at);
        }
        let mut chunks: Vec<(Option<String>, Vec<usize>)> = Vec::new();
        for (group, members) in members.into_iter().enumerate() {
            let title = graph.groups.get(group).map(|group| match &group.detail {
                Some(detail) => format!("{}: {detail}", group.label),
                None => group.label.clone(),
            });
            let chunked = members.chunks(MAX_NODES).map(<[usize]>::to_vec);
            chunks.extend(chunked.map(|nodes| (title.clone(), nodes)));
            // A service without containers has a box too.
            if members.is_empty() && title.is_some() {
                chunks.push((title, Vec::new()));
            }
        }
        let mut part_of = vec![usize::MAX; graph.nodes.len()];
        for (part, (_, nodes)) in chunks.iter().enumerate() {
            nodes.iter().for_each(|node| part_of[*node] = part);
        }
        let mut inside: Vec<Vec<usize>> = vec![Vec::new(); chunks.len()];
        let mut stubs: Vec<HashSet<usize>> = vec![HashSet::new(); chunks.len()];
        let mut others = Vec::new();
        for (at, edge) in graph.edges.iter().enumerate() {
            let (part, bar) = match (part_of[edge.from], part_of[edge.to]) {
                (from, to) if from == to && from != usize::MAX => {
                    inside[from].push(at);
                    continue;
                }
                (from, usize::MAX) if from != usize::MAX => (from, edge.to),
                (usize::MAX, to) if to != usize::MAX => (to, edge.from),
                _ => {
                    others.push(at);
                    continue;
                }
            };
            match stubs[part].len() < MAX_NODES || stubs[part].contains(&bar) {
                true => {
                    stubs[part].insert(bar);
                    inside[part].push(at);
                }
                false => others.push(at),
            }
        }
        let chunks: Vec<_> = chunks.into_iter().zip(inside).collect();
        let parts = chunks.into_par_iter().map(|((title, nodes), edges)| part(graph, title, nodes, &edges));
        let parts: Vec<Part> = parts.collect();
        let mut drawing = Drawing { graph, parts, bars: BTreeMap::new(), others, size: (0.0, 0.0) };
        drawing.place();
        drawing
    }

    /// Places the bars and the boxes.
    fn place(&mut self) {
        let bars = self.graph.nodes.iter().enumerate().filter(|(_, node)| is_bar(node));
        let (mut left, mut right): (Vec<usize>, Vec<usize>) =
            bars.map(|(at, _)| at).partition(|at| is_left(&self.graph.nodes[*at]));
        let kind = |at: &usize| self.graph.nodes[*at].kind;
        left.sort_by_key(kind);
        right.sort_by_key(kind);
        let mut x = GAP;
        for at in left {
            let width = size_of(&self.graph.nodes[at]).0;
            self.bars.insert(at, x + width / 2.0);
            x += width + GAP;
        }
        let width = self.parts.iter().map(|part| part.size.0).fold(0.0, f64::max);
        let between = self.others.iter().filter(|at| self.is_between_bars(**at)).count();
        // The edges between bars have a row each above the boxes.
        let mut y = GAP + 2.0 * LINE + GAP + between as f64 * (LINE + 8.0);
        for part in &mut self.parts {
            part.at = (x, y);
            part.size.0 = width;
            y += part.size.1 + GAP;
        }
        x += width + GAP;
        for at in right {
            let width = size_of(&self.graph.nodes[at]).0;
            self.bars.insert(at, x + width / 2.0);
            x += width + GAP;
        }
        self.size = (x.max(2.0 * GAP), y + GAP);
    }

    fn is_between_bars(&self, edge: usize) -> bool {
        let edge = &self.graph.edges[edge];
        self.bars.contains_key(&edge.from) && self.bars.contains_key(&edge.to)
            || is_bar(&self.graph.nodes[edge.from]) && is_bar(&self.graph.nodes[edge.to])
    }

    fn render(&self) -> String {
        let (width, height) = self.size;
        let mut text = String::new();
        let _ = writeln!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" font-size=\"12\">"
        );
        text.push_str("<defs><marker id=\"arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerUnits=\"userSpaceOnUse\" markerWidth=\"9\" markerHeight=\"9\" orient=\"auto-start-reverse\"><path d=\"M0 0L10 5L0 10z\" fill=\"#455a64\"/></marker></defs>\n");
        let _ = writeln!(text, "<rect width=\"{width:.0}\" height=\"{height:.0}\" fill=\"#ffffff\"/>");
        let mut spans: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        let (lines, boxes) = (self.lines(&mut spans), self.boxes());
        for (at, x) in &self.bars {
            let node = &self.graph.nodes[*at];
            let (fill, stroke) = node.kind.colors();
            let top = GAP + 2.0 * LINE;
            let bottom = spans.get(at).map_or(top, |(_, bottom)| bottom + 8.0).max(top + LINE);
            let _ = writeln!(
                text,
                "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{BAR}\" height=\"{:.1}\" rx=\"4\" fill=\"{fill}\" stroke=\"{stroke}\"/>",
                x - BAR / 2.0,
                bottom - top
            );
            self.draw_node(&mut text, *at, (*x, GAP + LINE));
        }
        text.push_str(&lines);
        text.push_str(&boxes);
        text.push_str("</svg>\n");
        text
    }

    /// The lines between bars and boxes, between bars, and between boxes. `spans` gets the heights at which they touch each
    /// bar.
    fn lines(&self, spans: &mut BTreeMap<usize, (f64, f64)>) -> String {
        let mut text = String::new();
        let mut touch = |bar: usize, y: f64| {
            let span = spans.entry(bar).or_insert((y, y));
            *span = (span.0.min(y), span.1.max(y));
        };
        let mut places: HashMap<usize, Point> = HashMap::new();
        for part in &self.parts {
            for (node, (x, y)) in part.nodes.iter().zip(&part.layout.nodes) {
                let (x, y) = (part.at.0 + GAP + x, part.at.1 + head(part) + y);
                let Some(bar) = self.bars.get(node) else {
                    let (width, _) = size_of(&self.graph.nodes[*node]);
                    places.insert(*node, (x - width / 2.0, y));
                    continue;
                };
                touch(*node, y);
                let stroke = self.graph.nodes[*node].kind.colors().1;
                let _ = writeln!(
                    text,
                    "<path d=\"M{bar:.1} {y:.1}H{x:.1}\" fill=\"none\" stroke=\"{stroke}\"/><circle cx=\"{bar:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{stroke}\"/>"
                );
            }
        }
        let mut y = GAP + 2.0 * LINE + GAP;
        for at in &self.others {
            let edge = &self.graph.edges[*at];
            if let (Some(from), Some(to)) = (self.bars.get(&edge.from), self.bars.get(&edge.to)) {
                touch(edge.from, y);
                touch(edge.to, y);
                line(
                    &mut text,
                    &format!("M{from:.1} {y:.1}H{:.1}", to - (BAR / 2.0) * (to - from).signum()),
                    edge,
                    false,
                );
                draw_label(&mut text, edge, ((from + to) / 2.0, y));
                y += LINE + 8.0;
                continue;
            }
            let ends = [edge.from, edge.to].map(|node| places.get(&node).copied());
            if let [Some(from), Some(to)] = ends {
                let left = from.0.min(to.0) - 2.0 * GAP;
                let ((x1, y1), (x2, y2)) = (from, to);
                line(
                    &mut text,
                    &format!("M{x1:.1} {y1:.1}C{left:.1} {y1:.1} {left:.1} {y2:.1} {x2:.1} {y2:.1}"),
                    edge,
                    false,
                );
            }
            // A box has stubs for its first bars only.
            let place = ends.into_iter().flatten().next();
            let bar = [edge.from, edge.to].into_iter().find_map(|node| Some((node, *self.bars.get(&node)?)));
            if let (Some((x, y)), Some((bar, end))) = (place, bar) {
                touch(bar, y);
                line(&mut text, &format!("M{x:.1} {y:.1}H{end:.1}"), edge, bar == edge.from);
            }
        }
        text
    }

    /// The boxes with their content.
    fn boxes(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            let ((x, y), (width, height)) = (part.at, part.size);
            if let Some(title) = &part.title {
                let _ = writeln!(
                    text,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"6\" fill=\"#fafafa\" fill-opacity=\"0.6\" stroke=\"#b0bec5\"/>"
                );
                let title = (title.as_str(), "font-weight=\"bold\"");
                draw_text(&mut text, title, (x + GAP / 2.0, y + LINE), "start");
            }
            let shift = |(dx, dy): Point| (x + GAP + dx, y + head(part) + dy);
            let laid_out = part.edges.iter().zip(&part.layout.connections);
            for ((edge, is_reversed), connection) in laid_out.clone() {
                let edge = &self.graph.edges[*edge];
                match connection {
                    Some((points, _)) => {
                        line(&mut text, &path(points.iter().map(|point| shift(*point))), edge, *is_reversed)
                    }
                    None => {
                        let at = |node: usize| part.nodes.iter().position(|other| *other == node);
                        if let (Some(from), Some(to)) = (at(edge.from), at(edge.to)) {
                            let ends = [from, to].map(|at| shift(part.layout.nodes[at]));
                            line(&mut text, &path(ends.into_iter()), edge, false);
                        }
                    }
                }
            }
            for ((edge, _), connection) in laid_out {
                if let Some((_, label)) = connection {
                    draw_label(&mut text, &self.graph.edges[*edge], shift(*label));
                }
            }
            for (node, center) in part.nodes.iter().zip(&part.layout.nodes) {
                self.draw_node(&mut text, *node, shift(*center));
            }
        }
        text
    }

    /// Draws a node with its center at a point. The stub of a bar has only the name.
    fn draw_node(&self, text: &mut String, at: usize, (x, y): Point) {
        let node = &self.graph.nodes[at];
        let ((width, height), (fill, stroke)) = (size_of(node), node.kind.colors());
        let radius = match node.kind {
            NodeKind::Site | NodeKind::Clients => height / 2.0,
            NodeKind::Container | NodeKind::Unit => 3.0,
            _ => 8.0,
        };
        let _ = writeln!(
            text,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius:.1}\" fill=\"{fill}\" stroke=\"{stroke}\"/>",
            x - width / 2.0,
            y - height / 2.0
        );
        match &node.detail {
            None => draw_text(text, (&node.label, ""), (x, y + 4.0), "middle"),
            Some(detail) => {
                draw_text(text, (&node.label, ""), (x, y - 3.0), "middle");
                draw_text(text, (detail, "font-size=\"10\" fill=\"#546e7a\""), (x, y + 11.0), "middle");
            }
        }
    }
}

/// True if a node is shared by services: it is a bar.
fn is_bar(node: &Node) -> bool {
    node.group.is_none() && !matches!(node.kind, NodeKind::Site | NodeKind::Port | NodeKind::Container)
}

/// True if a bar is on the left.
fn is_left(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Clients | NodeKind::Front)
}

/// Lays out a part of a service. The bars that its nodes are connected to have stubs at its sides.
fn part(graph: &Graph, title: Option<String>, mut nodes: Vec<usize>, edges: &[usize]) -> Part {
    let own = nodes.len();
    let mut position: HashMap<usize, usize> =
        nodes.iter().enumerate().map(|(at, node)| (*node, at)).collect();
    let depths = depths(graph, &nodes, &position, edges);
    let last = depths.iter().copied().max().unwrap_or_default();
    let mut connections = Vec::new();
    let mut drawn = Vec::new();
    for at in edges {
        let edge = &graph.edges[*at];
        let mut place = |node: usize| {
            *position.entry(node).or_insert_with(|| {
                nodes.push(node);
                nodes.len() - 1
            })
        };
        let (from, to) = (place(edge.from), place(edge.to));
        // Stubs on the left come before, and stubs on the right after all nodes.
        let is_reversed =
            to >= own && is_left(&graph.nodes[edge.to]) || from >= own && !is_left(&graph.nodes[edge.from]);
        let (from, to) = if is_reversed { (to, from) } else { (from, to) };
        let layers = match (from < own, to < own) {
            (false, true) => depths[to] + 1,
            (true, false) => last - depths[from] + 1,
            _ => 1,
        };
        let label = edge.label.as_ref().map_or((0.0, 0.0), |label| (width_of(label) * 0.85 + 8.0, LINE));
        connections.push(Connection { from, to, layers, label });
        drawn.push((*at, is_reversed));
    }
    let sizes: Vec<Point> = nodes.iter().map(|node| size_of(&graph.nodes[*node])).collect();
    let layout = layered(&sizes, &connections);
    let mut part = Part { title, nodes, edges: drawn, layout, at: (0.0, 0.0), size: (0.0, 0.0) };
    let titled = part.title.as_ref().map_or(0.0, |title| width_of(title) * 1.1);
    let (width, height) = part.layout.size;
    part.size = (width.max(titled) + 2.0 * GAP, height + head(&part) + GAP / 2.0);
    part
}

/// The height of the title of a box.
fn head(part: &Part) -> f64 {
    if part.title.is_some() { 2.0 * LINE } else { GAP / 2.0 }
}

/// The depth of each node in a box: the number of edges of the longest way to it. An edge of a cycle does not count.
fn depths(graph: &Graph, nodes: &[usize], position: &HashMap<usize, usize>, edges: &[usize]) -> Vec<i32> {
    let mut incoming = vec![0_usize; nodes.len()];
    let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for edge in edges.iter().map(|at| &graph.edges[*at]) {
        if let (Some(from), Some(to)) = (position.get(&edge.from), position.get(&edge.to)) {
            incoming[*to] += 1;
            outgoing[*from].push(*to);
        }
    }
    let mut depths = vec![0; nodes.len()];
    let mut ready: Vec<usize> = (0..nodes.len()).filter(|at| incoming[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        for to in std::mem::take(&mut outgoing[at]) {
            depths[to] = depths[to].max(depths[at] + 1);
            incoming[to] -= 1;
            if incoming[to] == 0 {
                ready.push(to);
            }
        }
    }
    depths
}

/// The size of a node.
fn size_of(node: &Node) -> Point {
    let detail = node.detail.as_ref().map_or(0.0, |detail| width_of(detail) * 0.85);
    let height = if node.detail.is_some() { 36.0 } else { 24.0 };
    (width_of(&node.label).max(detail) + 24.0, height)
}

/// The width of a text in the font of the picture, about.
fn width_of(text: &str) -> f64 {
    let width = |c: char| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | '.' | ',' | ':' | '/' | '-' | ' ' => 4.5,
        c if c.is_ascii() => 7.2,
        // Letters of East Asia are about square.
        c if u32::from(c) >= 0x1100 => 12.0,
        _ => 8.0,
    };
    shortened(text).chars().map(width).sum()
}

/// A text with its middle left out if it is long.
fn shortened(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ");
    let text = printable(&words);
    let length = text.chars().count();
    if length <= MAX_TEXT {
        return text.into_owned();
    }
    let half = MAX_TEXT / 2;
    let end: String = text.chars().skip(length - half + 1).collect();
    format!("{}…{end}", text.chars().take(half).collect::<String>())
}

/// Draws a line through points, from left to right.
fn path(mut points: impl Iterator<Item = Point>) -> String {
    let Some((x, y)) = points.next() else { return String::new() };
    let mut path = format!("M{x:.1} {y:.1}");
    let mut before = (x, y);
    for (x, y) in points {
        let middle = (before.0 + x) / 2.0;
        let _ = write!(path, "C{middle:.1} {:.1} {middle:.1} {y:.1} {x:.1} {y:.1}", before.1);
        before = (x, y);
    }
    path
}

/// Draws the line of an edge along a path.
fn line(text: &mut String, path: &str, edge: &Edge, is_reversed: bool) {
    let (color, style) = match edge.kind {
        EdgeKind::Connects => ("#455a64", ""),
        EdgeKind::Needs => ("#78909c", " stroke-dasharray=\"3 3\""),
        EdgeKind::Attached => ("#7b1fa2", ""),
        EdgeKind::Stores => ("#5d4037", ""),
        EdgeKind::Saves => ("#2e7d32", " stroke-width=\"2\""),
    };
    let end = if is_reversed { "marker-start" } else { "marker-end" };
    let arrow = match edge.kind {
        EdgeKind::Attached => String::new(),
        _ => format!(" {end}=\"url(#arrow)\""),
    };
    let _ = writeln!(text, "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\"{style}{arrow}/>");
}

/// Draws the label of an edge with its center at a point.
fn draw_label(text: &mut String, edge: &Edge, (x, y): Point) {
    let Some(label) = &edge.label else { return };
    let width = width_of(label) * 0.85 + 6.0;
    let _ = writeln!(
        text,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"14\" fill=\"#ffffff\" fill-opacity=\"0.85\"/>",
        x - width / 2.0,
        y - 8.0
    );
    draw_text(text, (label, "font-size=\"10\" fill=\"#37474f\""), (x, y + 3.0), "middle");
}

/// Draws a text with attributes. A tooltip has the whole of a long text.
fn draw_text(text: &mut String, (content, attributes): (&str, &str), (x, y): Point, anchor: &str) {
    let short = shortened(content);
    let title = match short == printable(content) {
        true => String::new(),
        false => format!("<title>{}</title>", escaped(&printable(content))),
    };
    let space = if attributes.is_empty() { "" } else { " " };
    let _ = writeln!(
        text,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"{space}{attributes}>{title}{}</text>",
        escaped(&short)
    );
}

/// A text in XML. Control characters are escaped before.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // No characters of XML (XML 1.0, 2.2).
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}
