//! The JSON Schema of the language, generated from its types.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{Schema, json_schema};
use serde_json::Value;

use crate::ast::File;
use crate::shape::ORDER;

/// The schema of the declarations, with additional members for `docs/language.md`. The `title` of a type is its
/// name there; `[…]` in it links to the keys of a mapping. [`ORDER`] lists the keys of a mapping in order.
pub fn declared() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<File>()
}

/// The schema of `homeserver.yaml`, as indented JSON with a newline at its end.
pub fn schema() -> String {
    let mut schema = declared();
    Undocumented.transform(&mut schema);
    schema.insert("$id".to_owned(), "https://homegen.dev/homeserver.schema.json".into());
    schema.insert("title".to_owned(), "homeserver.yaml".into());
    let requirements = take_requirements(&mut schema);
    Examples.transform(&mut schema);
    let mut references = References { depth: 0 };
    references.transform(&mut schema);
    if let Some(definitions) =
        schema.ensure_object().entry("$defs").or_insert_with(|| serde_json::json!({})).as_object_mut()
    {
        definitions.insert(
            "reference".to_owned(),
            serde_json::json!({
                "description": "A reference to a constant or to a fact of the file, alone or inside of a text.",
                "type": "string",
                "pattern": r"\$\{[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\}",
            }),
        );
    }
    // A service with a preset does not need to repeat the preset's keys.
    if let Some(service) = schema.pointer_mut("/$defs/Service").and_then(Value::as_object_mut) {
        service.insert("if".to_owned(), serde_json::json!({ "not": { "required": ["preset"] } }));
        service.insert("then".to_owned(), requirements);
    }
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

/// Removes the required keys from the mappings that are merged with a preset's, and returns a schema that requires
/// them in a service.
fn take_requirements(schema: &mut Schema) -> Value {
    let definitions = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut found = BTreeSet::new();
    let service = serde_json::json!({ "$ref": "#/$defs/Service" });
    let requirements = requirements(&service, &definitions, &mut found).unwrap_or(Value::Bool(true));
    for name in found {
        let definition = schema.pointer_mut(&format!("/$defs/{name}")).and_then(Value::as_object_mut);
        definition.and_then(|definition| definition.remove("required"));
    }
    requirements
}

/// The required keys in a value of `schema` and in the mappings below it. Lists are skipped, because they are not
/// merged with a preset's lists. Adds the definitions of the mappings to `found`.
fn requirements(
    schema: &Value,
    definitions: &serde_json::Map<String, Value>,
    found: &mut BTreeSet<String>,
) -> Option<Value> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/")) {
        found.insert(name.to_owned());
        return requirements(definitions.get(name)?, definitions, found);
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        return choices.iter().find_map(|choice| requirements(choice, definitions, found));
    }
    let mut required = serde_json::Map::new();
    if let Some(keys) = schema.get("required").filter(|keys| keys.as_array().is_some_and(|k| !k.is_empty())) {
        required.insert("required".to_owned(), keys.clone());
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let members: serde_json::Map<String, Value> = properties
        .into_iter()
        .flatten()
        .filter_map(|(name, member)| Some((name.clone(), requirements(member, definitions, found)?)))
        .collect();
    if !members.is_empty() {
        required.insert("properties".to_owned(), Value::Object(members));
    }
    if let Some(members) = schema.get("additionalProperties")
        && let Some(members) = requirements(members, definitions, found)
    {
        required.insert("additionalProperties".to_owned(), members);
    }
    (!required.is_empty()).then_some(Value::Object(required))
}

/// Removes the members for `docs/language.md`.
struct Undocumented;

impl Transform for Undocumented {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        schema.remove("title");
        schema.remove(ORDER);
    }
}

/// Replaces each example, which is YAML text, with its value.
struct Examples;

impl Transform for Examples {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let examples = schema.get_mut("examples").and_then(|examples| examples.as_array_mut());
        for example in examples.into_iter().flatten() {
            let text = example.as_str().unwrap_or_default();
            *example = serde_yaml::from_str(text).expect("an example is YAML");
        }
    }
}

/// Allows a reference in place of every value.
struct References {
    depth: usize,
}

impl Transform for References {
    fn transform(&mut self, schema: &mut Schema) {
        self.depth += 1;
        transform_subschemas(self, schema);
        self.depth -= 1;
        let Some(object) = schema.as_object_mut() else { return };
        for key in ["properties", "$defs"] {
            let Some(members) = object.get_mut(key).and_then(|m| m.as_object_mut()) else { continue };
            if key == "$defs" {
                continue;
            }
            for member in members.values_mut() {
                allow_reference(member);
            }
        }
        for key in ["items", "additionalProperties"] {
            if let Some(member) = object.get_mut(key).filter(|m| m.is_object()) {
                allow_reference(member);
            }
        }
    }
}

fn allow_reference(member: &mut Value) {
    let old = std::mem::take(member);
    let description = old.get("description").cloned();
    let mut new =
        json_schema!({ "anyOf": [old, { "$ref": "#/$defs/reference" }, { "type": "null" }] }).to_value();
    if let (Some(description), Some(object)) = (description, new.as_object_mut()) {
        // An editor shows the description beside the `anyOf`.
        object.insert("description".to_owned(), description);
    }
    *member = new;
}
