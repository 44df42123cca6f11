//! Small edits of a file: each value of it, replaced by another one.

use homegen::syntax::{Kind, Node};
use homegen::tree::Atom;
use serde_json::Value;

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

/// The key of the language at a path of a file: `services.NAME.containers.NAME.image`. The index of a list is left out.
pub fn key(schema: &Value, path: &str) -> String {
    declared(schema, path).0
}

/// The words that the schema lists for the value at a path.
pub fn choices(schema: &Value, path: &str) -> Vec<String> {
    let (_, nodes) = declared(schema, path);
    let all = expanded(schema, nodes);
    let words = all.iter().filter_map(|node| node.get("enum")?.as_array()).flatten();
    let constants = all.iter().filter_map(|node| node.get("const"));
    words.chain(constants).filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// The key of the language at a path of a file, and the schemas of its value.
fn declared<'a>(schema: &'a Value, path: &str) -> (String, Vec<&'a Value>) {
    let mut key = Vec::new();
    let mut nodes = vec![schema];
    for step in path.split('.') {
        let all = expanded(schema, nodes);
        let declared: Vec<&Value> = all.iter().filter_map(|node| node.get("properties")?.get(step)).collect();
        let items: Vec<&Value> = all.iter().filter_map(|node| node.get("items")).collect();
        let others = all.iter().filter_map(|node| node.get("additionalProperties"));
        nodes = match step.parse::<usize>() {
            Ok(_) if !items.is_empty() => items,
            _ if !declared.is_empty() => {
                key.push(step);
                declared
            }
            _ => {
                key.push("NAME");
                others.filter(|below| below.is_object()).collect()
            }
        };
    }
    (key.join("."), nodes)
}

/// The alternatives of schemas, with their references followed.
fn expanded<'a>(schema: &'a Value, nodes: Vec<&'a Value>) -> Vec<&'a Value> {
    let mut all = Vec::new();
    let mut open = nodes;
    while let Some(node) = open.pop() {
        let name = node.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix("#/$defs/"));
        open.extend(name.map(|name| &schema["$defs"][name]));
        for several in ["anyOf", "oneOf", "allOf"] {
            open.extend(node.get(several).and_then(Value::as_array).into_iter().flatten());
        }
        all.push(node);
    }
    all
}

/// The text of a file with other texts for the values at some paths. `None` if a path does not exist.
pub fn replaced<'a>(
    text: &str,
    node: &Node,
    values: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<String> {
    let mut all = Vec::new();
    leaves(node, "", &mut all);
    let mut edits = Vec::new();
    for (path, value) in values {
        let (_, leaf) = all.iter().find(|(known, _)| known == path)?;
        edits.push((leaf.span.start as usize, leaf.span.end as usize, value));
    }
    edits.sort_unstable();
    let mut text = text.to_owned();
    for (start, end, value) in edits.into_iter().rev() {
        text.replace_range(start..end, value);
    }
    Some(text)
}
