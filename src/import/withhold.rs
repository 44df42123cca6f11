//! Values of secrets that also stand where everyone on the host could read them: a person fills in a value there.

use std::collections::HashMap;

use super::Context;
use super::secrets::is_secret_variable;
use crate::document::{Map, Part, Value};
use crate::project::{Origin, Step};
use crate::report::{Kind, Path};
use crate::secret::KnownSecrets;

/// The shortest secret that is withheld. Shorter ones, and those of letters alone, are also names of users and databases.
const SHORTEST: usize = 8;

/// Replaces texts of `containers` with a secret by constants to fill in. `place` is the place of the containers.
pub(super) fn withhold(context: &mut Context, containers: &mut Map, place: &Path) {
    let mut texts = Vec::new();
    {
        let is_irregular = |value: &&str| {
            let has = |is: fn(&u8) -> bool| value.as_bytes().iter().any(is);
            value.len() >= SHORTEST && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
        };
        let variables = context.project.variables.iter().filter_map(|(name, variable)| {
            let value = variable.value.as_deref()?;
            is_secret_variable(name, value).then_some(value)
        });
        let secrets = KnownSecrets::new(context.secrets.values().chain(variables).filter(is_irregular));
        let constants = &context.constants;
        // A constant may have the value of a variable that is a secret elsewhere.
        let is_secret = |part: &Part| match part {
            Part::Text(text) => secrets.find(text).is_some(),
            Part::Reference(path) => constants.value(path).is_some_and(|value| secrets.find(value).is_some()),
        };
        let mut path = place.clone();
        for entry in &containers.entries {
            path.0.push(Step::Key(entry.key.clone()));
            find(&entry.value, &is_secret, &mut path, &mut texts);
            path.0.pop();
        }
    }
    if texts.is_empty() {
        return;
    }
    let origins: HashMap<Path, Origin> = context.ledger.mapped_places();
    for path in texts {
        let mut around = path.clone();
        let origin = loop {
            match origins.get(&around) {
                Some(origin) => break Some(*origin),
                None if around.0.is_empty() => break None,
                None => around.0.pop(),
            };
        };
        let keys = path.0[place.0.len()..].iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.to_ascii_uppercase()),
            _ => None,
        });
        let name = keys.collect::<Vec<_>>().join("_").replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let comment = "fill in the value without the secret, which everyone on the host could read here";
        let constant = context.constants.without_value(&name, comment);
        let cause = "a value has a secret, which every user of the host could read: fill in its constant";
        let detail = Some(format!("the constant `{constant}`"));
        context.ledger.line(Kind::FillIn, origin, cause, detail);
        if let Some(value) = value_at(containers, &path.0[place.0.len()..]) {
            *value = Value::reference(constant);
        }
    }
}

/// Finds the texts below `value` with a part that is a secret.
fn find(value: &Value, is_secret: &impl Fn(&Part) -> bool, path: &mut Path, found: &mut Vec<Path>) {
    match value {
        Value::Text(parts) => {
            if parts.iter().any(is_secret) {
                found.push(path.clone());
            }
        }
        Value::Map(map) => {
            for entry in &map.entries {
                path.0.push(Step::Key(entry.key.clone()));
                find(&entry.value, is_secret, path, found);
                path.0.pop();
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.0.push(Step::Item(index));
                find(&item.value, is_secret, path, found);
                path.0.pop();
            }
        }
        Value::Null | Value::Plain(_) => {}
    }
}

/// The value at `steps`.
fn value_at<'a>(map: &'a mut Map, steps: &[Step]) -> Option<&'a mut Value> {
    let (Step::Key(key), rest) = steps.split_first()? else { return None };
    let mut value = &mut map.entries.iter_mut().find(|entry| entry.key == *key)?.value;
    for step in rest {
        value = match (value, step) {
            (Value::Map(map), Step::Key(key)) => {
                &mut map.entries.iter_mut().find(|entry| entry.key == *key)?.value
            }
            (Value::List(items), Step::Item(index)) => &mut items.get_mut(*index)?.value,
            _ => return None,
        };
    }
    Some(value)
}
