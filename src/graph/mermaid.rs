//! A picture as a flowchart of [Mermaid](https://mermaid.js.org/syntax/flowchart.html).

use std::fmt::Write;

use super::{Edge, EdgeKind, Graph, Node, NodeKind};
use crate::printable::printable;

/// The most edges that Mermaid draws unless the page allows more (`maxEdges` in its configuration).
const MAX_EDGES: usize = 500;

/// The most characters that it reads (`maxTextSize`).
const MAX_TEXT: usize = 50_000;

/// True if the picture is small enough for Mermaid on a page of others.
pub fn is_shown(graph: &Graph) -> bool {
    graph.edges.len() <= MAX_EDGES && render(graph).chars().count() <= MAX_TEXT
}

/// Renders a picture.
pub fn render(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let line = |text: &mut String, at: usize, indent: &str| {
        let node = &graph.nodes[at];
        let (open, close) = shape(node.kind);
        let _ = writeln!(
            text,
            "{indent}{}{open}\"{}\"{close}:::{}",
            id(node.kind, at),
            label(node),
            node.kind.word()
        );
    };
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); graph.groups.len()];
    for (at, node) in graph.nodes.iter().enumerate() {
        match node.group {
            Some(group) => members[group].push(at),
            None => line(&mut text, at, "  "),
        }
    }
    for (at, (group, members)) in graph.groups.iter().zip(members).enumerate() {
        let detail = group.detail.iter().map(|detail| format!(": {}", escaped(detail)));
        let _ = writeln!(
            text,
            "  subgraph service{at}[\"{}{}\"]",
            escaped(&group.label),
            detail.collect::<String>()
        );
        text.push_str("    direction LR\n");
        members.into_iter().for_each(|node| line(&mut text, node, "    "));
        text.push_str("  end\n");
    }
    for edge in &graph.edges {
        let (from, to) = (id(graph.nodes[edge.from].kind, edge.from), id(graph.nodes[edge.to].kind, edge.to));
        let _ = writeln!(text, "  {from} {}{} {to}", arrow(edge.kind), edge_label(edge));
    }
    for kind in NodeKind::ALL.into_iter().filter(|kind| graph.nodes.iter().any(|node| node.kind == *kind)) {
        let (fill, stroke) = kind.colors();
        let _ = writeln!(text, "  classDef {} fill:{fill},stroke:{stroke},color:#212121", kind.word());
    }
    text
}

/// The identifier of a node. It has no text of the file, in which words such as `end` have a meaning.
fn id(kind: NodeKind, at: usize) -> String {
    format!("{}{at}", kind.word())
}

/// The brackets of a node's shape.
fn shape(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Front | NodeKind::Machine => ("[[", "]]"),
        NodeKind::Clients => ("([", "])"),
        NodeKind::Site => ("(", ")"),
        NodeKind::Port => (">", "]"),
        NodeKind::Container | NodeKind::Unit => ("[", "]"),
        NodeKind::Network => ("{{", "}}"),
        NodeKind::Server | NodeKind::Disk | NodeKind::Repository => ("[(", ")]"),
        NodeKind::Backup => ("[/", "/]"),
    }
}

fn label(node: &Node) -> String {
    let detail = node.detail.iter().map(|detail| format!("<br/>{}", escaped(detail)));
    format!("{}{}", escaped(&node.label), detail.collect::<String>())
}

fn arrow(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Connects => "-->",
        EdgeKind::Needs => "-.->",
        EdgeKind::Attached => "---",
        EdgeKind::Stores => "-->",
        EdgeKind::Saves => "==>",
    }
}

fn edge_label(edge: &Edge) -> String {
    edge.label.as_ref().map_or(String::new(), |label| format!("|\"{}\"|", escaped(label)))
}

/// A text in which nothing is syntax of Mermaid, Markdown or HTML: all but letters, digits and a few signs become entities
/// (<https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters>).
fn escaped(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut out = String::new();
    for c in printable(&words.join(" ")).chars() {
        let is_safe = match c {
            // At the start of a label, Markdown would see a list.
            '-' | '+' => !out.is_empty(),
            '.' => !out.bytes().all(|digit| digit.is_ascii_digit()),
            c => !c.is_ascii() || c.is_ascii_alphanumeric() || " /,:=".contains(c),
        };
        match is_safe {
            true => out.push(c),
            false => {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
    }
    out
}
