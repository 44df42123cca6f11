//! The NixOS options that the output defines, as values: every reference is replaced, and what is disabled is absent.
//!
//! Two configurations are compared to predict what a switch does. A value that only Nix can compute, such as a call of a
//! function of nixpkgs, is an object whose keys begin with `$`: it differs exactly if a part differs.

use serde_json::{Map, Value};

/// The options of one host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// The options, as nested objects: `systemd` → `services` → `caddy` → …
    pub options: Map<String, Value>,
}

impl Configuration {
    /// The value of an option. `None` if the output does not define it.
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.options.get(*first)?, |value, key| value.as_object()?.get(*key))
    }

    /// The attributes of an option whose value is a set. Empty if the output does not define it.
    pub fn attributes(&self, path: &[&str]) -> impl Iterator<Item = (&str, &Value)> {
        let object = self.get(path).and_then(Value::as_object);
        object.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }
}
