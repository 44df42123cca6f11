//! `docs/seeds.md` names only keys of the language and fixtures that have them.

use std::collections::BTreeSet;

use crate::common::{compile, read};
use homegen::diag::Diagnostics;
use homegen::source::SourceId;
use homegen::syntax::{Kind, Node};
use serde_json::Value;

/// The step of a key that stands for a name in the file.
const NAME: &str = "NAME";

/// The texts in backticks of a cell.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The rows of the tables with this header, each as its cells.
fn rows<'a>(page: &'a str, header: &str) -> Vec<Vec<&'a str>> {
    let mut rows = Vec::new();
    let mut lines = page.lines();
    while lines.by_ref().any(|line| line == header) {
        let table = lines.by_ref().skip(1).take_while(|line| line.starts_with('|'));
        rows.extend(table.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()));
    }
    rows
}

/// Returns true if the schema has a value at the end of `steps`, below `node`.
fn is_key(schema: &Value, node: &Value, steps: &[&str]) -> bool {
    if let Some(name) = node.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix("#/$defs/")) {
        return is_key(schema, &schema["$defs"][name], steps);
    }
    let any = node.get("anyOf").and_then(Value::as_array);
    if any.is_some_and(|all| all.iter().any(|one| is_key(schema, one, steps))) {
        return true;
    }
    let Some((first, rest)) = steps.split_first() else { return true };
    let below = match *first {
        NAME => node.get("additionalProperties").filter(|below| below.is_object()),
        first => node.get("properties").and_then(|properties| properties.get(first)),
    };
    below.is_some_and(|below| is_key(schema, below, rest))
}

/// Returns true if a file has a value at the end of `steps`, below `node`: in the file itself, or in the preset of a
/// service.
fn has(node: &Node, steps: &[&str]) -> bool {
    let Some((first, rest)) = steps.split_first() else { return true };
    let Kind::Map(entries) = &node.kind else { return false };
    let preset =
        entries.iter().find(|entry| entry.key == "preset").and_then(|entry| match &entry.value.kind {
            Kind::Scalar { text, .. } => Some(parsed(&read(&format!("presets/{text}.yaml")))),
            _ => None,
        });
    let fits = |key: &str| *first == NAME || key == *first;
    entries.iter().any(|entry| fits(&entry.key) && has(&entry.value, rest))
        || preset.is_some_and(|preset| has(&preset, steps))
}

fn parsed(text: &str) -> Node {
    homegen::parse::parse(text, SourceId::FILE, &mut Diagnostics::default()).expect("YAML")
}

#[test]
fn every_key_of_the_page_exists_and_a_fixture_has_it() {
    let page = read("docs/seeds.md");
    let schema: Value = serde_json::from_str(&homegen::schema::schema()).expect("JSON");
    let rows = rows(&page, "| Line | Key | Fixture |");
    assert!(rows.len() > 45, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for row in rows {
        let [line, keys, names] = row[..] else { panic!("{row:?}") };
        let files: Vec<Node> = quoted(names)
            .into_iter()
            .map(|name| {
                let text = read(&format!("fixtures/{name}/homeserver.yaml"));
                assert!(compile(&text).files.is_some(), "{name}");
                parsed(&text)
            })
            .collect();
        assert!(!files.is_empty() && !quoted(keys).is_empty(), "{line}");
        for key in quoted(keys) {
            let steps: Vec<&str> = key.split('.').collect();
            if !is_key(&schema, &schema, &steps) {
                wrong.push(format!("{line}: {key} is not a key"));
            } else if !files.iter().any(|file| has(file, &steps)) {
                wrong.push(format!("{line}: {names} has no {key}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_key_of_the_table_about_k3s_exists() {
    let page = read("docs/seeds.md");
    let schema: Value = serde_json::from_str(&homegen::schema::schema()).expect("JSON");
    let rows = rows(&page, "| Key | Object |");
    let keys: BTreeSet<&str> = rows.iter().flat_map(|row| quoted(row[0])).collect();
    assert!(keys.len() > 10, "{keys:?}");
    for key in keys {
        assert!(is_key(&schema, &schema, &key.split('.').collect::<Vec<_>>()), "{key} is not a key");
    }
}

#[test]
fn a_misspelled_key_and_an_absent_one_are_found() {
    let schema: Value = serde_json::from_str(&homegen::schema::schema()).expect("JSON");
    assert!(is_key(&schema, &schema, &["services", NAME, "containers", NAME, "image"]));
    assert!(!is_key(&schema, &schema, &["services", NAME, "containers", NAME, "imagee"]));
    assert!(!is_key(&schema, &schema, &["services", "immich", "port"]));
    let file = parsed("services: { photos: { preset: immich, port: 1 } }");
    assert!(has(&file, &["services", NAME, "port"]) && has(&file, &["services", NAME, "update", "health"]));
    assert!(!has(&file, &["services", NAME, "cleanup"]));
}
