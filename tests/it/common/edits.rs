//! Small edits of a file: each value of it, replaced by another one.

use homegen::syntax::{Kind, Node};
use homegen::tree::Atom;

/// Collects every scalar value, with its path.
pub fn leaves(node: &Node, way: &str, found: &mut Vec<(String, Node)>) {
    let below = |name: &str| if way.is_empty() { name.to_owned() } else { format!("{way}.{name}") };
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|e| leaves(&e.value, &below(&e.key), found)),
        Kind::List(items) => {
            items.iter().enumerate().for_each(|(i, item)| leaves(item, &below(&i.to_string()), found))
        }
        Kind::Replace(value) => leaves(value, way, found),
        Kind::Layers(_) | Kind::Unreadable => {}
        Kind::Scalar { .. } | Kind::Nix(_) => found.push((way.to_owned(), node.clone())),
    }
}

/// Other values for a node, as they would be written in the file.
pub fn others(written: &str, node: &Node) -> Vec<String> {
    let (text, plain) = match &node.kind {
        Kind::Scalar { text, plain } => (text, *plain),
        _ => return vec![format!("{}x", written.trim_end())],
    };
    let replace = |new: &str| {
        let quoted = written.trim_end().strip_suffix(['"', '\'']).is_some();
        match (plain, quoted) {
            (true, _) => new.to_owned(),
            (false, true) => format!("\"{new}\""),
            // A block scalar keeps its lines and its end.
            (false, false) => format!("{}x{}", written.trim_end(), &written[written.trim_end().len()..]),
        }
    };
    if plain {
        match Atom::from_plain(text) {
            Atom::Bool(value) => return vec![(!value).to_string()],
            Atom::Int(value) => return vec![(value + 1).to_string()],
            Atom::Float(value) => return vec![format!("1{value}")],
            Atom::Null => return vec!["x".to_owned()],
            Atom::Str(_) => {}
        }
    }
    let mut all = vec![replace(&format!("{}x", text.trim_end()))];
    // Most forms are still valid with another digit: sizes, addresses, ports.
    if let Some(at) = text.rfind(|c: char| c.is_ascii_digit()) {
        let digit = if &text[at..at + 1] == "9" { "8" } else { "9" };
        all.push(replace(&format!("{}{digit}{}", &text[..at], &text[at + 1..])));
    }
    all
}
