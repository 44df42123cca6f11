//! A second YAML parser reads the same tree, so homegen does not depend on the peculiarities of one library.

use homegen::diag::Diagnostics;
use homegen::preset::PRESETS;
use homegen::source::SourceId;
use homegen::syntax::{Kind, Node};
use homegen::tree::Atom;
use serde_yaml::Value;

fn same(node: &Node, value: &Value, way: &str) {
    match (&node.kind, value) {
        (Kind::Nix(code), Value::Tagged(tagged)) => {
            assert_eq!(tagged.tag.to_string(), "!nix", "{way}");
            assert_eq!(tagged.value.as_str(), Some(code.as_str()), "{way}");
        }
        (Kind::Replace(inner), Value::Tagged(tagged)) => {
            assert_eq!(tagged.tag.to_string(), "!replace", "{way}");
            same(inner, &tagged.value, way);
        }
        (Kind::List(items), Value::Sequence(values)) => {
            assert_eq!(items.len(), values.len(), "{way}");
            for (i, (item, value)) in items.iter().zip(values).enumerate() {
                same(item, value, &format!("{way}[{i}]"));
            }
        }
        (Kind::Map(entries), Value::Mapping(values)) => {
            let keys: Vec<&str> = entries.iter().map(|e| e.key.as_str()).collect();
            let their_keys: Vec<String> = values.keys().map(key).collect();
            assert_eq!(keys, their_keys, "{way}");
            for (entry, value) in entries.iter().zip(values.values()) {
                same(&entry.value, value, &format!("{way}.{}", entry.key));
            }
        }
        (Kind::Scalar { text, plain: false }, Value::String(value)) => assert_eq!(text, value, "{way}"),
        (Kind::Scalar { text, plain: true }, value) => match (Atom::from_plain(text), value) {
            (Atom::Null, Value::Null) => {}
            (Atom::Bool(a), Value::Bool(b)) => assert_eq!(a, *b, "{way}"),
            (Atom::Int(a), Value::Number(b)) => assert_eq!(Some(a), b.as_i64(), "{way}"),
            (Atom::Float(a), Value::Number(b)) => assert_eq!(a.parse::<f64>().ok(), b.as_f64(), "{way}"),
            (Atom::Str(a), Value::String(b)) => assert_eq!(&a, b, "{way}"),
            (a, b) => panic!("{way}: homegen reads {a:?}, the other parser {b:?}"),
        },
        (kind, value) => panic!("{way}: homegen reads {kind:?}, the other parser {value:?}"),
    }
}

/// A key's text. homegen takes `1:` for the key "1", as Compose does.
fn key(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(word) => word.to_string(),
        Value::Null => String::new(),
        other => panic!("a key {other:?}"),
    }
}

fn compare(name: &str, text: &str) -> bool {
    let mut diagnostics = Diagnostics::default();
    let Some(node) = homegen::parse::parse(text, SourceId::FILE, &mut diagnostics) else { return false };
    if diagnostics.has_errors() {
        return false;
    }
    let value: Value = serde_yaml::from_str(text)
        .unwrap_or_else(|e| panic!("{name}: homegen reads it, the other parser says: {e}"));
    same(&node, &value, name);
    true
}

#[test]
fn both_parsers_read_the_same_tree() {
    let read = crate::common::cases().iter().filter(|(name, text)| compare(name, text)).count();
    assert!(read > 30, "only {read} cases were compared");
    for (name, text) in PRESETS {
        assert!(compare(name, text), "the preset {name} does not parse");
    }
}

#[test]
fn both_parsers_read_the_same_scalars() {
    // Every style of a YAML string, and plain scalars that are not strings.
    let text = r#"
plain: [null, ~, true, True, FALSE, yes, off, 1, -1, 0, 1.0, .5, 1e3, 2g, "22:22", 2026-01-01, 1.2.3, a b]
single: 'it''s ${a} \n'
double: "tab\tnew\nline \u00e9 \" \\ \x41"
folded in quotes: "one
  two

  three"
folded plain: one
  two
literal: |
  a
    b

  c
kept: |+
  a

stripped: >-
  a
  b
indented: |2
    a
"quoted": 1
? explicit
: 2
3: number
true: word
empty:
anchor: &a { x: 1 }
alias: *a
"#;
    assert!(compare("scalars", text));
}
