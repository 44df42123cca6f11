//! No value is ignored silently: the fixtures have every key of the language, and each changed value changes the output
//! or the diagnostics.

use std::collections::BTreeSet;

use crate::common::edits::{leaves, others};
use crate::common::{compile, fixtures, report};
use homegen::diag::Diagnostics;
use homegen::source::SourceId;
use homegen::syntax::{Kind, Node};
use serde_json::Value;

const FIXTURES: &[&str] = &["every-key", "every-key-2", "every-key-jobs", "native-services", "client"];

/// Values without an effect on the output, each with the reason.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    // Only rules read them. They do not become options of NixOS.
    ("every-key", "host.memory"),
    ("every-key", "host.cpus"),
    // `homegen secrets` reads them.
    ("every-key", "agenix.recipients.0"),
    ("every-key", "agenix.recipients.1"),
    ("every-key", "secrets.password.recipients.0"),
    ("every-key", "secrets.password.generate.length"),
    ("every-key", "secrets.password.generate.alphabet"),
    // A reason is for readers of the file.
    ("every-key", "services.app.containers.main.allow.HG0506"),
    ("every-key", "services.app.containers.main.allow.HG1501"),
    ("every-key", "services.app.containers.main.allow.HG1502"),
    ("every-key", "services.app.containers.other.allow.HG1510"),
    ("every-key-jobs", "services.app.containers.main.volumes.0.disposable"),
    ("native-services", "services.notes.containers.server.volumes.0.disposable"),
];

fn fixture(name: &str) -> (String, Node) {
    let text = std::fs::read_to_string(fixtures().join(name).join("homeserver.yaml")).expect("a fixture");
    let mut diagnostics = Diagnostics::default();
    let node = homegen::parse::parse(&text, SourceId::FILE, &mut diagnostics).expect("YAML");
    (text, node)
}

fn keys(node: &Node, found: &mut BTreeSet<String>) {
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|e| {
            found.insert(e.key.clone());
            keys(&e.value, found);
        }),
        Kind::List(items) => items.iter().for_each(|item| keys(item, found)),
        Kind::Replace(value) => keys(value, found),
        Kind::Scalar { .. } | Kind::Nix(_) | Kind::Layers(_) | Kind::Unreadable => {}
    }
}

/// The names under every `properties` of the schema.
fn properties(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                if let ("properties", Value::Object(own)) = (name.as_str(), member) {
                    found.extend(own.keys().cloned());
                }
                properties(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| properties(item, found)),
        _ => {}
    }
}

#[test]
fn the_fixtures_have_every_key_of_the_schema_and_compile() {
    let schema: Value = serde_json::from_str(&homegen::schema::schema()).expect("JSON");
    let mut wanted = BTreeSet::new();
    properties(&schema, &mut wanted);
    assert!(wanted.len() > 100, "the schema names only {} keys", wanted.len());
    let mut used = BTreeSet::new();
    for name in FIXTURES {
        let (text, node) = fixture(name);
        let outcome = compile(&text);
        assert!(outcome.files.is_some(), "{name} does not compile:\n{}", report(&outcome));
        keys(&node, &mut used);
    }
    let missing: Vec<&String> = wanted.difference(&used).collect();
    assert!(missing.is_empty(), "no fixture uses these keys: {missing:?}");
}

/// Texts by name.
type Named = Vec<(String, String)>;

/// The result of compiling a text, without positions, which move with every change.
fn result_of(text: &str) -> (Named, Named) {
    let outcome = compile(text);
    let diagnostics =
        outcome.diagnostics.iter().map(|d| (d.code.code().to_owned(), d.message.clone())).collect();
    // A value that changes only the record has no effect on the host.
    let files = outcome.files.into_iter().flatten().filter(|f| f.path != homegen::record::PATH);
    let files = files.map(|f| (f.path, f.text)).collect();
    (diagnostics, files)
}

#[test]
fn a_change_of_any_value_changes_the_output_or_the_diagnostics() {
    let mut dropped = Vec::new();
    for name in FIXTURES {
        let (text, node) = fixture(name);
        let before = result_of(&text);
        let mut all = Vec::new();
        leaves(&node, "", &mut all);
        assert!(all.len() > 15);
        for (way, leaf) in all {
            let (start, end) = (leaf.span.start as usize, leaf.span.end as usize);
            for other in others(&text[start..end], &leaf) {
                let changed = format!("{}{other}{}", &text[..start], &text[end..]);
                let same = result_of(&changed) == before;
                let excepted = WITHOUT_EFFECT.contains(&(name, way.as_str()));
                if same && !excepted {
                    dropped.push(format!("{name}: {way}: {} → {other}", text[start..end].trim_end()));
                }
            }
        }
    }
    assert!(dropped.is_empty(), "these changes were dropped in silence:\n{}", dropped.join("\n"));
}

#[test]
fn every_example_of_a_mapping_conforms_to_its_schema() {
    let schema: Value = serde_json::from_str(&homegen::schema::schema()).expect("JSON");
    let definitions = schema["$defs"].as_object().expect("definitions");
    let mappings = definitions.iter().filter(|(_, definition)| definition.get("examples").is_some());
    let mut examples = 0;
    for (name, definition) in mappings {
        let alone = serde_json::json!({ "$ref": format!("#/$defs/{name}"), "$defs": definitions });
        let validator = jsonschema::validator_for(&alone).expect("a schema");
        for example in definition["examples"].as_array().expect("a list") {
            let errors: Vec<String> = validator.iter_errors(example).map(|error| error.to_string()).collect();
            assert!(example.is_object() && errors.is_empty(), "{name}: {example}: {errors:?}");
            examples += 1;
        }
    }
    assert!(examples > 30, "only {examples}");
}
