//! Pass: [`nixos`](crate::nixos) → [`configuration`](crate::configuration). Replaces every reference by its value, takes
//! the parts of disabled services and jobs away, and merges the modules as the module system does.
//!
//! It computes only what homegen itself emits. An expression of the owner (`!nix`), and a call of a function of nixpkgs,
//! stay as they are, with their arguments evaluated.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::configuration::Configuration;
use crate::file_context::HashOf;
use crate::nix::{Expr, Part, Set, attribute};
use crate::nixos::{self, Module, Output};
use crate::tree::{Atom, Node, Reference, Step, Target};

/// Evaluates the output of a host. Modules of other machines are left out. A path of a file beside the compiled file has the
/// hash of its content, which is in its path in the Nix store.
pub(crate) fn evaluate(output: &Output, hash: HashOf) -> Configuration {
    let modules: Vec<&Module> = output.modules.values().filter(|module| !module.is_external).collect();
    let mut declared = HashMap::new();
    for module in &modules {
        if let Some(attr) = module.options.0.get("homeserver")
            && let Expr::Set(options) = &attr.value
        {
            declared.extend(options.0.iter().map(|(name, attr)| (attribute(name).into_owned(), &attr.value)));
        }
    }
    let enabled = output.enabled.iter().map(|option| attribute(option).into_owned()).collect();
    let host = Host { output, declared, enabled, hash };
    let mut options = Map::new();
    for module in modules {
        let scope = Scope { host: &host, module };
        if module.option.is_some() && scope.code("cfg.enable") == Some(json!(false)) {
            continue;
        }
        for set in [&module.config, &module.own] {
            merge_all(&mut options, scope.set(set));
        }
    }
    if let Some(all) = &output.secrets.all {
        let scope = Scope { host: &host, module: &Module::default() };
        merge_all(
            &mut options,
            Map::from_iter([("secrets".to_owned(), scope.value(all).unwrap_or_default())]),
        );
    }
    Configuration { options }
}

/// The output, and the options that it declares.
struct Host<'a> {
    output: &'a Output,
    /// The options below `homeserver`, by name.
    declared: HashMap<String, &'a Expr>,
    /// The options of the enabled services.
    enabled: HashSet<String>,
    /// The hashes of files.
    hash: HashOf<'a>,
}

/// The options of NixOS that the output sets and reads.
const OF_THE_HOST: [&str; 2] = ["networking.hostName", "time.timeZone"];

impl Host<'_> {
    /// The value of one of [`OF_THE_HOST`].
    fn defined(&self, path: &str) -> Option<Value> {
        let module = self.output.modules.get("host.nix")?;
        let (set, name) = path.split_once('.')?;
        let Expr::Set(set) = &module.config.0.get(set)?.value else { return None };
        Scope { host: self, module }.value(&set.0.get(name)?.value)
    }

    /// The default of an option of a service or a job, such as `enable` of `immich`.
    fn option(&self, name: &str, key: &str) -> Option<Value> {
        let Some(Expr::Set(options)) = self.declared.get(name) else { return None };
        let declared = &options.0.get(key)?.value;
        match declared {
            Expr::Call(call) if matches!(call.first(), Some(Expr::Code(f)) if f == "lib.mkEnableOption") => {
                Some(json!(self.enabled.contains(name)))
            }
            _ => self.default(declared),
        }
    }

    /// The default of a declared option.
    fn default(&self, declared: &Expr) -> Option<Value> {
        let Expr::Call(call) = declared else { return None };
        let [_, Expr::Set(option)] = call.as_slice() else { return None };
        let module = Module::default();
        Scope { host: self, module: &module }.value(&option.0.get("default")?.value)
    }

    /// The value of a list or a mapping of `constants`, or of a preset's argument.
    fn whole(&self, target: &Target) -> Option<&Node> {
        let below = |node, path: &[Step]| {
            path.iter().try_fold(node, |node: &Node, step| match (step, &node.kind) {
                (Step::Key(key), _) => node.get(key),
                (Step::Item { index, .. }, crate::tree::Kind::List(items)) => items.get(*index),
                _ => None,
            })
        };
        match target {
            Target::Constant(path) => below(self.output.constants.as_ref()?, path),
            Target::Parameter { service, path } => {
                let (Step::Key(first), rest) = path.split_first()? else { return None };
                let own = self.output.modules.get(&format!("services/{service}.nix"))?.service.as_ref()?;
                let (_, argument) = own.parameters.iter().find(|(name, _)| name == first)?;
                below(argument, rest)
            }
            _ => None,
        }
    }
}

/// A module in its output.
struct Scope<'a> {
    host: &'a Host<'a>,
    module: &'a Module,
}

impl Scope<'_> {
    fn set(&self, set: &Set) -> Map<String, Value> {
        let attributes = set.0.iter().filter_map(|(name, attr)| {
            let name = attr.name.as_ref().map_or_else(|| name.to_string(), |parts| self.text(parts));
            Some((name, self.value(&attr.value)?))
        });
        attributes.collect()
    }

    /// The value of an expression. `None` if its condition is false.
    fn value(&self, expr: &Expr) -> Option<Value> {
        Some(match expr {
            Expr::Str(parts) => self.text(parts).into(),
            Expr::Lines(lines) => {
                let lines: Vec<String> = lines.iter().map(|line| self.text(line)).collect();
                lines.join("\n").into()
            }
            Expr::Int(number) => (*number).into(),
            Expr::Float(number) => json!({ "$number": number }),
            Expr::Bool(value) => (*value).into(),
            Expr::Null => Value::Null,
            Expr::Directory(path) => match (self.host.hash)(path) {
                Some(hash) => json!({ "$path": path, "$hash": hash }),
                None => json!({ "$path": path }),
            },
            Expr::Ref(reference) => self.referenced(reference),
            Expr::Code(code) => self.code(code).unwrap_or_else(|| json!({ "$nix": code })),
            Expr::Script(script) => json!({ "$nix": script.selection() }),
            Expr::User(code) => json!({ "$nix": code }),
            Expr::List(items) => items.iter().filter_map(|item| self.value(item)).collect(),
            Expr::Set(set) => self.set(set).into(),
            Expr::Call(call) => return self.call(call),
            Expr::Infix(left, operator, right) => {
                match (*operator, self.value(left)?, self.value(right)?) {
                    ("++", Value::Array(mut left), Value::Array(right)) => {
                        left.extend(right);
                        left.into()
                    }
                    // The encrypted file of a secret, in the folder of secrets or beside the compiled file.
                    ("+", Value::Object(folder), Value::String(file)) if folder.contains_key("$path") => {
                        let path = format!("{}{file}", folder["$path"].as_str().unwrap_or_default());
                        json!({ "$file": path, "$hash": (self.host.hash)(&path) })
                    }
                    ("//", Value::Object(mut left), Value::Object(right)) if !left.contains_key("$nix") => {
                        left.extend(right);
                        left.into()
                    }
                    (operator, left, right) => json!({ "$nix": operator, "$of": [left, right] }),
                }
            }
        })
    }

    fn call(&self, call: &[Expr]) -> Option<Value> {
        let opaque = || json!({ "$of": call.iter().filter_map(|part| self.value(part)).collect::<Vec<_>>() });
        let Some((Expr::Code(function), arguments)) = call.split_first() else { return Some(opaque()) };
        match (&**function, arguments) {
            ("lib.mkIf", [condition, value]) => match self.value(condition)? {
                Value::Bool(false) => None,
                Value::Bool(true) => self.value(value),
                _ => Some(opaque()),
            },
            ("lib.mkOverride", [_, value])
            | ("lib.mkDefault" | "lib.mkForce" | "lib.mkBefore" | "lib.mkAfter", [value]) => {
                self.value(value)
            }
            ("lib.mkMerge", [Expr::List(values)]) => {
                let mut all = Map::new();
                for value in values.iter().filter_map(|value| self.value(value)) {
                    match value {
                        Value::Object(value) => merge_all(&mut all, value),
                        _ => return Some(opaque()),
                    }
                }
                Some(all.into())
            }
            // The sets of the stores are options of their own.
            ("lib.recursiveUpdate", [_, over]) => self.value(over),
            ("lib.optionals", [condition, values]) => match self.value(condition)? {
                Value::Bool(false) => Some(json!([])),
                Value::Bool(true) => self.value(values),
                _ => Some(opaque()),
            },
            ("toString" | "builtins.toJSON", [value]) => Some(match self.value(value)? {
                Value::Number(number) => number.to_string().into(),
                value @ Value::String(_) if function == "toString" => value,
                value => json!({ "$nix": function, "$of": [value] }),
            }),
            _ => Some(opaque()),
        }
    }

    /// The value of code that homegen generates: an option, or a binding of the module.
    fn code(&self, code: &str) -> Option<Value> {
        if let Some(key) = code.strip_prefix("cfg.") {
            return self.host.option(&attribute(self.module.option.as_ref()?), key);
        }
        if let Some(path) = code.strip_prefix("config.").filter(|path| OF_THE_HOST.contains(path)) {
            return self.host.defined(path);
        }
        let option = code.strip_prefix("config.").unwrap_or(code).strip_prefix("homeserver.");
        match option.map(|option| option.rsplit_once('.').ok_or(option)) {
            Some(Ok((name, key))) => return self.host.option(name, key),
            Some(Err(name)) => return self.host.default(self.host.declared.get(name)?),
            None => {}
        }
        let (_, value) = self.module.bindings.iter().find(|(binding, _)| binding.name() == code)?;
        self.value(value)
    }

    fn referenced(&self, reference: &Reference) -> Value {
        if let Some(node) = self.host.whole(&reference.target).filter(|_| reference.value == Atom::Null) {
            return self.value(&nixos::node(node, false)).unwrap_or_default();
        }
        match &reference.value {
            Atom::Null => Value::Null,
            Atom::Bool(value) => (*value).into(),
            Atom::Int(value) => (*value).into(),
            Atom::Float(number) => json!({ "$number": number }),
            Atom::Str(text) => text.as_str().into(),
        }
    }

    fn text(&self, parts: &[Part]) -> String {
        let mut text = String::new();
        for part in parts {
            let value = match part {
                Part::Text(literal) => {
                    text.push_str(literal);
                    continue;
                }
                Part::Ref(reference) => self.referenced(reference),
                Part::Code(code) => self.code(code).unwrap_or_else(|| json!({ "$nix": code })),
                Part::Expr(expr) => self.value(expr).unwrap_or_default(),
            };
            match value {
                Value::String(value) => text.push_str(&value),
                Value::Object(object) if object.contains_key("$number") => {
                    text.push_str(object["$number"].as_str().unwrap_or_default());
                }
                value => text.push_str(&value.to_string()),
            }
        }
        text
    }
}

/// Merges definitions as the module system does: sets attribute by attribute, lists one after the other, and texts
/// (options of type `lines`) line by line.
fn merge_all(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (name, value) in from {
        match into.get_mut(&name) {
            Some(old) => merge(old, value),
            None => {
                into.insert(name, value);
            }
        }
    }
}

fn merge(old: &mut Value, new: Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => merge_all(old, new),
        (Value::Array(old), Value::Array(new)) => old.extend(new),
        (Value::String(old), Value::String(new)) if *old != new => {
            old.push('\n');
            old.push_str(&new);
        }
        (old, new) => *old = new,
    }
}
