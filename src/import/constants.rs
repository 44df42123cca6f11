//! Variables that become constants: those that several values use, and those without a value.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::names::camel_case;
use crate::document::{Entry, Item, Map, Part, Value};

/// A constant that values may refer to.
#[derive(Debug)]
struct Constant {
    /// The value. `None` if a person has to fill it in.
    value: Option<String>,
    /// The text of the comment.
    comment: Option<String>,
}

/// The constants so far, by their paths, such as `paths.shop`.
#[derive(Debug, Default)]
pub(super) struct Constants {
    constants: IndexMap<String, Constant>,
    /// The paths, by the variables and other names that asked for them.
    known: HashMap<String, String>,
    /// The constants that the file of `--into` has, with their values.
    existing: HashMap<String, Option<String>>,
    /// The name of the project, which makes a path unique.
    project: String,
}

/// The names that cannot be constants: keys of the file, whose values are facts.
fn is_fact(name: &str) -> bool {
    crate::ast::File::KEYS.contains(&name) || name == "site"
}

impl Constants {
    /// No constants but those of an existing file.
    pub(super) fn new(project: &str, existing: HashMap<String, Option<String>>) -> Constants {
        Constants { existing, project: camel_case(&project.replace('-', "_")), ..Constants::default() }
    }

    /// The constant of a variable with this value. `None` if other uses of the variable have another value.
    pub(super) fn of_variable(&mut self, variable: &str, value: &str) -> Option<String> {
        self.find(variable, camel_case(variable), Some(value), None)
    }

    /// The constant of a variable without a value.
    pub(super) fn without_value(&mut self, variable: &str, comment: &str) -> String {
        let comment = Some(format!("import: {comment}"));
        self.find(variable, camel_case(variable), None, comment)
            .unwrap_or_else(|| panic!("`{variable}` has no value"))
    }

    /// The constant at `path` with this value.
    pub(super) fn at(&mut self, path: &str, value: &str) -> Option<String> {
        self.find(path, path.to_owned(), Some(value), None)
    }

    fn find(
        &mut self,
        key: &str,
        path: String,
        value: Option<&str>,
        comment: Option<String>,
    ) -> Option<String> {
        // A variable with and without a value has two constants.
        let key = format!("{key}={}", value.is_some());
        if let Some(path) = self.known.get(&key) {
            return (self.constants[path].value.as_deref() == value).then(|| path.clone());
        }
        let is_free = |path: &String| {
            let is_equal = |known: &Option<String>| known.as_deref() == value && value.is_some();
            !is_fact(path.split('.').next().unwrap_or_default())
                && !self.constants.contains_key(path)
                && self.existing.get(path).is_none_or(is_equal)
        };
        let own = format!("{}.{path}", self.project);
        let numbered = (2..).map(|number| format!("{path}{number}"));
        let path = [path.clone(), own].into_iter().chain(numbered).find(is_free)?;
        self.constants.insert(path.clone(), Constant { value: value.map(str::to_owned), comment });
        self.known.insert(key, path.clone());
        Some(path)
    }

    /// The value of a constant that a document refers to.
    pub(super) fn value(&self, path: &str) -> Option<&str> {
        self.constants.get(path)?.value.as_deref()
    }

    /// Writes the constants that `document` refers to more than once, and those without a value. The others are written in
    /// place of their references.
    pub(super) fn settle(&self, document: &mut Map) {
        let mut uses = HashMap::new();
        each_text(document, &mut |parts| {
            for part in parts.iter() {
                if let Part::Reference(path) = part {
                    *uses.entry(path.clone()).or_insert(0) += 1;
                }
            }
        });
        let in_place = |path: &String| match self.constants.get(path) {
            Some(Constant { value: Some(value), .. }) if uses.get(path) == Some(&1) => {
                (!self.existing.contains_key(path)).then(|| value.clone())
            }
            _ => None,
        };
        each_text(document, &mut |parts| {
            for part in parts.iter_mut() {
                if let Part::Reference(path) = part
                    && let Some(value) = in_place(path)
                {
                    *part = Part::Text(value);
                }
            }
        });
        let mut constants = Map::default();
        for (path, constant) in &self.constants {
            if !uses.contains_key(path) || in_place(path).is_some() || self.existing.contains_key(path) {
                continue;
            }
            let steps: Vec<&str> = path.split('.').collect();
            let (name, groups) = steps.split_last().expect("a path has a name");
            let group = groups.iter().fold(&mut constants, |map, group| map.map(group));
            let value = constant.value.as_ref().map_or(Value::Null, Value::text);
            group.push(*name, value);
            let entry = group.entries.last_mut().expect("an entry was added");
            entry.comments.beside.clone_from(&constant.comment);
        }
        if !constants.entries.is_empty() {
            document.set("constants", Value::Map(constants));
        }
    }
}

/// Visits the parts of every text.
fn each_text(map: &mut Map, visit: &mut impl FnMut(&mut Vec<Part>)) {
    fn value(value: &mut Value, visit: &mut impl FnMut(&mut Vec<Part>)) {
        match value {
            Value::Text(parts) => visit(parts),
            Value::List(items) => items.iter_mut().for_each(|Item { value: item, .. }| value_of(item, visit)),
            Value::Map(map) => each_text(map, visit),
            Value::Null | Value::Plain(_) => {}
        }
    }
    fn value_of(one: &mut Value, visit: &mut impl FnMut(&mut Vec<Part>)) {
        value(one, visit);
    }
    for Entry { value: one, .. } in &mut map.entries {
        value(one, visit);
    }
}
