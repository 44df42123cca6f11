//! Every file that compiles conforms to the JSON Schema, so that an editor reports no mistakes in it.

use crate::common::{cases, compile, pages_below, read};
use homegen::diag::Diagnostics;
use homegen::parse::parse;
use homegen::source::SourceId;
use homegen::syntax::{Kind, Node};
use homegen::tree::Atom;
use jsonschema::Validator;
use serde_json::Value;

fn validator() -> Validator {
    let schema = serde_json::from_str(&homegen::schema::schema()).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is a schema")
}

/// A YAML value as JSON, for validation against a schema.
fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), value(&entry.value))).collect(),
        Kind::List(items) => items.iter().map(value).collect(),
        Kind::Nix(code) => Value::from(code.as_str()),
        Kind::Replace(inner) => value(inner),
        Kind::Layers(layers) => value(&layers.over),
        Kind::Unreadable => Value::Null,
        Kind::Scalar { text, plain: true } => match Atom::from_plain(text) {
            Atom::Null => Value::Null,
            Atom::Bool(flag) => Value::from(flag),
            Atom::Int(number) => Value::from(number),
            Atom::Float(text) | Atom::Str(text) => Value::from(text),
        },
        Kind::Scalar { text, plain: false } => Value::from(text.as_str()),
    }
}

/// The violations of the schema in a file, each with its path.
fn mistakes(validator: &Validator, text: &str) -> Vec<String> {
    let root = parse(text, SourceId::FILE, &mut Diagnostics::default()).expect("YAML");
    let value = value(&root);
    validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The blocks of YAML in a page that are whole files.
fn files(page: &str) -> impl Iterator<Item = &str> {
    let blocks = page.split("\n```yaml\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks.filter(|block| block.contains("homegen: 1"))
}

#[test]
fn every_file_that_compiles_conforms_to_the_schema() {
    let mut all = cases();
    for page in pages_below("docs").into_iter().chain(["README.md".to_owned(), "CONTRIBUTING.md".to_owned()])
    {
        all.extend(files(&read(&page)).map(|file| (page.clone(), file.to_owned())));
    }
    let validator = validator();
    let mut held = 0;
    let mut wrong = Vec::new();
    for (name, text) in all {
        if compile(&text).files.is_none() {
            continue;
        }
        held += 1;
        wrong.extend(mistakes(&validator, &text).into_iter().map(|mistake| format!("{name}: {mistake}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(held > 100, "only {held} files");
}

#[test]
fn keys_that_a_preset_provides_are_required_without_a_preset() {
    let is_valid = |service: &str| {
        let host = "homegen: 1\nhost: { name: nas, nixos: \"26.05\", timezone: Europe/Berlin }\n";
        mistakes(&validator(), &format!("{host}services: {{ immich: {{ {service} }} }}\n")).is_empty()
    };
    for partial in [
        "containers: { server: { user: 1000 } }",
        "update: { at: daily }",
        "update: { at: daily, repository: immich-app/immich }",
        "backup: { database: { mysql: { user: immich } } }",
        "cleanup: { at: daily }",
    ] {
        assert!(is_valid(&format!("preset: immich, {partial}")), "{partial}");
        assert!(!is_valid(partial), "{partial}");
    }
    assert!(is_valid("containers: { server: { image: docker.io/example/notes:1.2.3, user: 1000 } }"));
    // Entries of a list are not merged.
    assert!(!is_valid("preset: immich, containers: { server: { volumes: [{ source: /srv/notes }] } }"));
}

/// The defaults in a schema, each with its path and the schema of its key.
fn defaults<'v>(value: &'v Value, way: &str, found: &mut Vec<(String, &'v serde_json::Map<String, Value>)>) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            if members.get("default").is_some_and(|default| !default.is_object()) {
                found.push((way.to_owned(), members));
            }
            members.iter().map(|(name, member)| (name.clone(), member)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        _ => return,
    };
    for (name, member) in members {
        defaults(member, &format!("{way}/{name}"), found);
    }
}

#[test]
fn every_default_conforms_to_the_schema_of_its_key() {
    let schema: Value = serde_json::from_str(&homegen::schema::schema()).expect("JSON");
    let mut found = Vec::new();
    defaults(&schema, "", &mut found);
    assert!(found.len() > 20, "only {} defaults", found.len());
    for (way, key) in found {
        let mut alone = key.clone();
        alone.insert("$defs".to_owned(), schema["$defs"].clone());
        let validator = jsonschema::validator_for(&alone.into()).expect("the schema of a key is a schema");
        assert!(validator.is_valid(&key["default"]), "{way}: {}", key["default"]);
        // The key of an invalid default would be required.
        let (owner, rest) = way.rsplit_once("/properties/").expect("a default is that of a key");
        let name = rest.split('/').next().expect("a key");
        let required = schema.pointer(&format!("{owner}/required")).and_then(|keys| keys.as_array());
        assert!(!required.is_some_and(|keys| keys.iter().any(|key| key == name)), "{way}");
    }
}
