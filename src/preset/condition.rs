//! Parts of a preset that depend on its arguments.
//!
//! ```yaml
//! containers:
//!   postgres: { when: { database: container }, image: … }             # if the parameter has this value
//!   server:
//!     environment:
//!       CONFIG_FILE: { when: "${oidc}", value: /etc/config.json }     # if the parameter is set
//! ```
//!
//! An entry of a mapping or of a list is a mapping with `when`. With `value` as its only other key, the entry is that value.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::constants::Constants;
use super::find_uses;
use super::parameter::Arguments;
use crate::source::{SourceId, Span};
use crate::syntax::{Entry, Kind, Node, whole_reference};

/// The conditions of a preset, for one use of it.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// The parameters that conditions depend on.
    pub parameters: BTreeSet<String>,
    /// The parameters that absent parts use, each with the condition of the part.
    pub uses: HashMap<String, String>,
    /// The absent containers.
    pub containers: HashMap<String, AbsentContainer>,
}

/// A container of the preset whose condition is false.
#[derive(Debug)]
pub(super) struct AbsentContainer {
    /// The condition, for a message.
    pub condition: String,
    /// The argument that makes it false, if it is in the user's file.
    pub argument: Option<Span>,
}

impl Conditions {
    /// Removes the entries of the preset whose conditions are false, and the conditions of the others.
    pub(super) fn apply(entries: &mut Vec<Entry>, arguments: &Arguments, constants: &mut Constants) -> Self {
        let mut conditions = Conditions::default();
        conditions.entries(entries, "", arguments, constants);
        conditions
    }

    /// Applies the conditions below a mapping at `place`, a path of keys with dots between them.
    fn entries(
        &mut self,
        entries: &mut Vec<Entry>,
        place: &str,
        arguments: &Arguments,
        constants: &mut Constants,
    ) {
        entries.retain_mut(|entry| {
            let place = if place.is_empty() { entry.key.clone() } else { format!("{place}.{}", entry.key) };
            self.keeps(&mut entry.value, &place, arguments, constants)
        });
    }

    /// Applies the conditions of a value and below it. Returns false if its own condition is false.
    fn keeps(
        &mut self,
        node: &mut Node,
        place: &str,
        arguments: &Arguments,
        constants: &mut Constants,
    ) -> bool {
        if let Some(condition) = node.get("when").and_then(Condition::parse) {
            self.parameters.extend(condition.parameters().map(str::to_owned));
            if let Some(path) = condition.unmet(arguments, constants) {
                self.remove(node, place, &condition, path, arguments);
                return false;
            }
            without_condition(node);
        }
        match &mut node.kind {
            Kind::Map(entries) => self.entries(entries, place, arguments, constants),
            Kind::List(items) => items.retain_mut(|item| self.keeps(item, place, arguments, constants)),
            _ => {}
        }
        true
    }

    /// Records that the value at `place` is absent, because of the argument at `path`.
    fn remove(&mut self, node: &Node, place: &str, condition: &Condition, path: &str, arguments: &Arguments) {
        let mut uses = HashMap::new();
        find_uses(node, place, false, &mut uses);
        for (parameter, _) in uses {
            self.uses.entry(parameter).or_insert_with(|| condition.to_string());
        }
        if let Some(container) = place.strip_prefix("containers.").filter(|name| !name.contains('.')) {
            let parameter = first_step(path);
            let argument = arguments.values.get(parameter).map(|argument| argument.span);
            let argument = argument.filter(|span| span.source == SourceId::FILE);
            let absent = AbsentContainer { condition: condition.to_string(), argument };
            self.containers.insert(container.to_owned(), absent);
        }
    }
}

/// Removes `when` from a mapping. A mapping with only `value` becomes that value.
fn without_condition(node: &mut Node) {
    let Kind::Map(entries) = &mut node.kind else { return };
    entries.retain(|entry| entry.key != "when");
    if let [only] = entries.as_mut_slice()
        && only.key == "value"
    {
        *node = std::mem::replace(&mut only.value, Node { span: node.span, kind: Kind::Unreadable });
    }
}

/// The values that parameters need. They are paths, such as `oidc.scope`.
#[derive(Debug)]
struct Condition(Vec<(String, Needs)>);

/// The value that a parameter needs.
#[derive(Debug)]
enum Needs {
    /// Any value but null and false.
    Set,
    /// This value.
    Equal(String),
}

impl Condition {
    /// Parses `${parameter}`, or a mapping of parameters to values.
    fn parse(node: &Node) -> Option<Condition> {
        match &node.kind {
            Kind::Scalar { text, .. } => {
                Some(Condition(vec![(whole_reference(text)?.to_owned(), Needs::Set)]))
            }
            Kind::Map(entries) => {
                let need = |entry: &Entry| match &entry.value.kind {
                    Kind::Scalar { text, .. } => Some((entry.key.clone(), Needs::Equal(text.clone()))),
                    _ => None,
                };
                entries.iter().map(need).collect::<Option<_>>().map(Condition)
            }
            _ => None,
        }
    }

    fn parameters(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(path, _)| first_step(path))
    }

    /// The path of the first parameter that does not have its value.
    fn unmet(&self, arguments: &Arguments, constants: &mut Constants) -> Option<&str> {
        let unmet = |(path, needs): &&(String, Needs)| {
            // The rest of the preset fits an argument that is reported.
            if arguments.missing.iter().any(|parameter| parameter == first_step(path)) {
                return false;
            }
            match (argument(path, arguments, constants), needs) {
                (Argument::Absent, _) => true,
                // A reference to a fact has a value, and resolving reports every other one.
                (Argument::Unknown, needs) => matches!(needs, Needs::Equal(_)),
                (Argument::Value(value), Needs::Set) => match &value.kind {
                    Kind::Scalar { text, plain: true } => value.is_null() || text == "false",
                    _ => false,
                },
                (Argument::Value(value), Needs::Equal(needed)) => match &value.kind {
                    Kind::Scalar { text, .. } => text != needed,
                    _ => true,
                },
            }
        };
        self.0.iter().find(unmet).map(|(path, _)| path.as_str())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (path, needs)) in self.0.iter().enumerate() {
            let and = if i > 0 { " and " } else { "" };
            match needs {
                Needs::Set => write!(f, "{and}`{path}`")?,
                Needs::Equal(value) => write!(f, "{and}`{path}: {value}`")?,
            }
        }
        Ok(())
    }
}

fn first_step(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}

/// The argument of a parameter.
enum Argument<'n> {
    /// The value.
    Value(&'n Node),
    /// The mapping around the parameter has no value.
    Absent,
    /// A reference that leads to no constant.
    Unknown,
}

/// The argument at a path.
fn argument<'n, 'a: 'n>(path: &str, arguments: &'n Arguments, constants: &mut Constants<'a>) -> Argument<'n> {
    let mut steps = path.split('.');
    let mut next = steps.next().and_then(|name| arguments.values.get(name));
    loop {
        let Some(node) = next else { return Argument::Absent };
        let Some(value) = constants.value(node) else { return Argument::Unknown };
        match steps.next() {
            Some(step) => next = value.get(step),
            None => return Argument::Value(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::diag::Diagnostics;
    use crate::parse::parse;

    fn node(text: &str) -> Node {
        parse(text, SourceId::FILE, &mut Diagnostics::default()).expect("YAML")
    }

    /// The preset `definition` with these arguments, as JSON, and the conditions.
    fn applied(definition: &str, arguments: &str, constants: &str) -> (String, Conditions) {
        let Kind::Map(mut entries) = node(definition).kind else { panic!("a mapping") };
        let arguments = node(arguments);
        let values: IndexMap<String, Node> =
            arguments.entries().iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
        let arguments = Arguments { values, missing: vec!["wrong".to_owned()] };
        let constants = node(constants);
        let conditions = Conditions::apply(&mut entries, &arguments, &mut Constants::new(Some(&constants)));
        (json(&Node { kind: Kind::Map(entries), span: Span::default() }), conditions)
    }

    fn json(node: &Node) -> String {
        match &node.kind {
            Kind::Map(entries) => {
                let entries = entries.iter().map(|entry| format!("{}: {}", entry.key, json(&entry.value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            Kind::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
            Kind::Scalar { text, .. } => text.clone(),
            _ => "?".to_owned(),
        }
    }

    #[test]
    fn entries_of_mappings_and_lists_exist_only_if_their_condition_is_true() {
        let definition = "
containers:
  db: { when: { database: container }, image: a, volumes: [\"${data}:/a\"] }
  web:
    image: b
    volumes: [/a:/a, { when: { database: host }, value: /b:/b }, { when: \"${sso}\", source: /c, target: /c }]
    environment: { A: { when: { database: host }, value: x }, B: { when: \"${sso.id}\", value: y } }
backup: { main: { when: { database: container, sso: no }, folder: /a } }";
        let (result, conditions) = applied(definition, "{ database: host, sso: { id: 1 }, data: /d }", "{}");
        assert_eq!(
            result,
            "{containers: {web: {image: b, volumes: [/a:/a, /b:/b, {source: /c, target: /c}], \
             environment: {A: x, B: y}}}, backup: {}}"
        );
        assert_eq!(conditions.containers["db"].condition, "`database: container`");
        assert_eq!(conditions.uses["data"], "`database: container`");
        assert_eq!(Vec::from_iter(conditions.parameters), ["database", "sso"]);

        let (result, _) = applied(definition, "{ database: container, sso: ~, data: /d }", "{}");
        assert_eq!(
            result,
            "{containers: {db: {image: a, volumes: [${data}:/a]}, web: {image: b, volumes: [/a:/a], \
             environment: {}}}, backup: {}}"
        );
    }

    #[test]
    fn a_condition_follows_constants_and_holds_for_a_reported_argument() {
        let definition = "
a: { when: \"${one}\", value: 1 }
b: { when: { two: x }, value: 2 }
c: { when: \"${wrong.key}\", value: 3 }
d: { when: { wrong: x }, value: 4 }
e: { when: \"${off}\", value: 5 }
f: { when: \"${fact}\", value: 6 }
g: { when: { fact: x }, value: 7 }";
        let arguments = "{ one: \"${c.one}\", two: \"${c.two}\", off: \"${c.off}\", fact: \"${host.name}\" }";
        let (result, _) =
            applied(definition, arguments, "{ c: { one: \"${d}\", two: x, off: false }, d: 1 }");
        assert_eq!(result, "{a: 1, b: 2, c: 3, d: 4, f: 6}");
    }

    #[test]
    fn references_between_constants_that_form_a_cycle_lead_nowhere() {
        let (result, _) =
            applied("{ a: { when: { x: y }, value: 1 } }", "{ x: \"${c}\" }", "{ c: \"${d}\", d: \"${c}\" }");
        assert_eq!(result, "{}");
    }
}
