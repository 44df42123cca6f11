//! Parameters of a preset, and their arguments.
//!
//! ```yaml
//! parameters:
//!   data: { type: path, description: "folder for the database" }
//!   cache: { type: choice, choices: [container, host], default: container, description: "server of the cache" }
//!   login:
//!     type: mapping
//!     keys: { client: { type: string, description: "…" }, password: { type: secret, description: "…" } }
//!     default: null
//!     description: "single sign-on"
//! ```

use std::collections::HashSet;

use indexmap::IndexMap;

use super::constants::Constants;
use crate::diag::{Code, Diagnostic, Diagnostics, Fix, closest};
use crate::form::{Advice, Form, SecretName, web_parts};
use crate::source::Span;
use crate::syntax::{Entry, Kind, Node};
use crate::tree::Atom;

/// The number of undeclared keys of a constant that are reported. Several services may refer to the same constant.
const MAX_UNKNOWN: usize = 20;

/// The arguments of a preset.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// Every parameter with its argument or default.
    pub values: IndexMap<String, Node>,
    /// The parameters with a missing or invalid argument; a diagnostic was emitted.
    pub missing: Vec<String>,
}

/// The declarer of parameters.
#[derive(Clone, Copy, Debug)]
pub(super) enum Declarer<'a> {
    /// A preset.
    Preset(&'a str),
    /// A parameter that is a mapping, whose keys are parameters too.
    Parameter(&'a str),
}

impl Declarer<'_> {
    fn name(self) -> String {
        match self {
            Declarer::Preset(name) => format!("the preset `{name}`"),
            Declarer::Parameter(path) => format!("the parameter `{path}`"),
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Declarer::Preset(_) => "parameter",
            Declarer::Parameter(_) => "key",
        }
    }

    /// The path of the parameter `name`, with dots between its keys.
    fn path(self, name: &str) -> String {
        match self {
            Declarer::Preset(_) => name.to_owned(),
            Declarer::Parameter(path) => format!("{path}.{name}"),
        }
    }

    /// The mapping that is missing an argument, for a message.
    fn place(self) -> &'static str {
        match self {
            Declarer::Preset(_) => "under `with`",
            Declarer::Parameter(_) => "in this mapping",
        }
    }

    /// The text that adds an argument.
    fn with(self, name: &str) -> String {
        match self {
            Declarer::Preset(_) => format!("with: {{ {name}: VALUE }}"),
            Declarer::Parameter(_) => format!("{name}: VALUE"),
        }
    }
}

/// Binds parameters to arguments.
pub(super) struct Binder<'d, 'a> {
    /// The constants of the file.
    pub constants: &'d mut Constants<'a>,
    /// The diagnostics of the run.
    pub diagnostics: &'d mut Diagnostics,
}

impl Binder<'_, '_> {
    /// Binds the parameters in `declared` to the arguments in `given`, which is at `at`.
    pub(super) fn bind(
        &mut self,
        declarer: Declarer,
        declared: &[Entry],
        given: &[Entry],
        at: Span,
    ) -> Arguments {
        let suggested = self.unknown(declarer, declared, given);
        let may_hold_any = given.iter().any(Entry::is_unreadable);
        let mut arguments = Arguments::default();
        for parameter in declared {
            let default = parameter.value.get("default");
            let value = match given.iter().find(|argument| argument.key == parameter.key) {
                // Null is the value of an optional parameter that is not set.
                Some(argument)
                    if default.is_some_and(Node::is_null)
                        && self.constants.value(&argument.value).is_some_and(Node::is_null) =>
                {
                    default.cloned()
                }
                Some(argument) => self.argument(&declarer.path(&parameter.key), parameter, &argument.value),
                None if default.is_some() => default.cloned(),
                // Misspelled, or in a line that could not be parsed; already reported.
                None if may_hold_any || suggested.contains(parameter.key.as_str()) => None,
                None => {
                    self.absent(declarer, parameter, at);
                    None
                }
            };
            match value {
                Some(value) => {
                    arguments.values.insert(parameter.key.clone(), value);
                }
                None => arguments.missing.push(parameter.key.clone()),
            }
        }
        arguments
    }

    /// Reports arguments without a parameter. Returns the parameters that they probably stand for.
    fn unknown<'p>(
        &mut self,
        declarer: Declarer,
        declared: &'p [Entry],
        given: &[Entry],
    ) -> HashSet<&'p str> {
        let is_given = |p: &&Entry| given.iter().any(|a| a.key == p.key);
        let mut absent = declared.iter().filter(|p| !is_given(p) && p.value.get("default").is_none());
        let absent = absent.next().filter(|_| absent.next().is_none());
        let is_unknown =
            |argument: &&Entry| !argument.is_unreadable() && !declared.iter().any(|p| p.key == argument.key);
        let is_single = given.iter().filter(is_unknown).take(2).count() == 1;
        let mut suggested = HashSet::new();
        for argument in given.iter().filter(is_unknown) {
            let names = declared.iter().map(|p| p.key.as_str());
            let known = closest(&argument.key, names.clone());
            suggested.extend(known);
            let help = match absent.filter(|_| known.is_none() && is_single) {
                Some(absent) => {
                    suggested.insert(absent.key.as_str());
                    format!("did you mean `{}`, which is missing?", absent.key)
                }
                None => self.diagnostics.suggestion(&argument.key, names),
            };
            let noun = declarer.noun();
            self.diagnostics.push(
                Diagnostic::new(
                    Code::BadParameter,
                    format!("{} has no {noun} `{}`", declarer.name(), argument.key),
                    argument.key_span,
                    format!("unknown {noun}"),
                )
                .help(help),
            );
        }
        suggested
    }

    fn absent(&mut self, declarer: Declarer, parameter: &Entry, at: Span) {
        let name = &parameter.key;
        self.diagnostics.push(
            Diagnostic::new(
                Code::BadParameter,
                format!("{} needs the {} `{name}`", declarer.name(), declarer.noun()),
                at,
                format!("expected `{name}` {}", declarer.place()),
            )
            .help(format!(
                "write `{}`: {}",
                declarer.with(name),
                scalar(&parameter.value, "description")
            )),
        );
    }

    /// Checks the argument of a parameter at `path`. Returns the value that the preset gets.
    fn argument(&mut self, path: &str, parameter: &Entry, argument: &Node) -> Option<Node> {
        // Already reported.
        if matches!(argument.kind, Kind::Unreadable) {
            return None;
        }
        let kind = scalar(&parameter.value, "type");
        match (kind, parameter.value.get("keys")) {
            ("choice", _) => Some(self.choice(path, parameter, argument)),
            ("secret", _) => self.secret(path, argument),
            ("mapping", Some(keys)) => self.mapping(path, keys.entries(), argument),
            _ => self.check_type(path, kind, argument).then(|| typed(kind, argument)),
        }
    }

    /// An argument that is one of the words of its parameter. A wrong word becomes the one that is probably meant, so that
    /// the rest of the service is checked for it.
    fn choice(&mut self, path: &str, parameter: &Entry, argument: &Node) -> Node {
        let choices = choices(parameter);
        let value = self.constants.value(argument);
        let word = match value.map(|value| &value.kind) {
            Some(Kind::Scalar { text, .. }) => Some(text.as_str()),
            _ => None,
        };
        if word.is_some_and(|word| choices.contains(&word)) {
            return argument.clone();
        }
        let title = match (word, argument.reference()) {
            (Some(word), _) if !word.contains("${") => {
                format!("`{word}` is not a valid value of the parameter `{path}`")
            }
            (None, Some(name)) => {
                format!("`${{{name}}}` is not a constant with a value of the parameter `{path}`")
            }
            _ => format!("the parameter `{path}` is not a string"),
        };
        let word = word.filter(|word| !word.contains("${")).unwrap_or_default();
        let meant = closest(word, choices.iter().copied());
        let fix = meant.filter(|_| argument.reference().is_none());
        let mut diagnostic = Diagnostic::new(
            Code::BadParameter,
            title,
            argument.span,
            format!("expected {}", either(&choices)),
        )
        .help(match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write {}: {}", either(&choices), scalar(&parameter.value, "description")),
        })
        .fix(fix.map(|meant| Fix::likely(argument.span, meant)));
        if let Some(value) = value.filter(|value| value.span != argument.span) {
            diagnostic = diagnostic.and(value.span, "defined here");
        }
        self.diagnostics.push(diagnostic);
        match (meant, parameter.value.get("default")) {
            (None, Some(default)) => default.clone(),
            (meant, _) => {
                let text = meant.or(choices.first().copied()).unwrap_or_default().to_owned();
                Node { span: argument.span, kind: Kind::Scalar { text, plain: true } }
            }
        }
    }

    /// An argument that is the name of a secret. A name that is not declared is reported where the preset uses it.
    fn secret(&mut self, path: &str, argument: &Node) -> Option<Node> {
        if let Some(name) = argument.reference().and_then(|name| name.strip_prefix("secrets.")) {
            let title = format!("the parameter `{path}` is not the name of a secret");
            self.diagnostics.push(
                Diagnostic::new(
                    Code::BadParameter,
                    title,
                    argument.span,
                    "refers to the content of a secret",
                )
                .help(format!("write `{name}`"))
                .fix(Fix::certain(argument.span, name)),
            );
            return None;
        }
        let text = match &argument.kind {
            Kind::Scalar { text, .. } if !argument.is_null() => text,
            _ => {
                self.diagnostics.push(wrong_type(path, "the name of a secret", argument));
                return None;
            }
        };
        if text.contains("${") || SecretName::parse(text).is_some() {
            return Some(argument.clone());
        }
        let Advice { why, help } = SecretName::advice(text).unwrap_or_else(|| Advice {
            why: format!("expected {}", SecretName::EXPECTED),
            help: "write the name of the secret under `secrets`".into(),
        });
        let title = format!("the parameter `{path}` is not the name of a secret");
        let fix = help.fix(argument.span);
        self.diagnostics
            .push(Diagnostic::new(Code::BadParameter, title, argument.span, why).help(help.text).fix(fix));
        None
    }

    /// An argument that is a mapping with declared `keys`.
    fn mapping(&mut self, path: &str, keys: &[Entry], argument: &Node) -> Option<Node> {
        let constant = self.constants.referred(argument);
        let Node { kind: Kind::Map(entries), span } = constant.map_or(argument, |(_, value)| value) else {
            let required = keys.iter().filter(|key| key.value.get("default").is_none());
            let required: Vec<String> = required.map(|key| format!("{}: VALUE", key.key)).collect();
            let diagnostic = wrong_type(path, "a mapping", argument);
            self.diagnostics.push(diagnostic.help(format!("write `{{ {} }}`", required.join(", "))));
            return None;
        };
        // Each value of a constant is a reference of its own, so that the output refers to the constant.
        let referring: Vec<Entry>;
        let given = match constant {
            Some((name, constant)) => {
                let known = keys.iter().filter_map(|key| self.constants.entry(constant, &key.key));
                let refer = |entry: &Entry| {
                    let text = format!("${{{name}.{}}}", entry.key);
                    let value = Node { span: argument.span, kind: Kind::Scalar { text, plain: true } };
                    Entry { value, ..entry.clone() }
                };
                let known: Vec<Entry> = known.map(refer).collect();
                let is_unknown = |entry: &&Entry| !keys.iter().any(|key| key.key == entry.key);
                let unknown = entries.iter().filter(is_unknown).take(MAX_UNKNOWN).cloned();
                referring = known.into_iter().chain(unknown).collect();
                &referring
            }
            None => entries,
        };
        let Arguments { values, missing } = self.bind(Declarer::Parameter(path), keys, given, *span);
        if !missing.is_empty() {
            return None;
        }
        let entry =
            |(key, value): (String, Node)| Entry { key, plain_key: true, key_span: value.span, value };
        Some(Node { span: argument.span, kind: Kind::Map(values.into_iter().map(entry).collect()) })
    }

    /// Checks the type of an argument. The value of a reference is checked where it is used, except in a mapping, whose
    /// values become data.
    fn check_type(&mut self, path: &str, kind: &str, argument: &Node) -> bool {
        let is_data = path.contains('.');
        let constant = self.constants.referred(argument).map(|(_, value)| value).filter(|_| is_data);
        let fits = match constant {
            Some(Node { kind: Kind::Scalar { text, plain: true }, .. }) if kind == "string" => {
                matches!(Atom::from_plain(text), Atom::Str(_))
            }
            _ => fits(kind, constant.unwrap_or(argument)),
        };
        if fits {
            return true;
        }
        let expected = match kind {
            "path" => "an absolute path",
            "url" => "an address such as https://auth.example.org",
            "integer" => "a whole number",
            "boolean" => "true or false",
            "string" => "a string",
            "list" => "a list",
            _ => "a mapping",
        };
        let value = constant.unwrap_or(argument);
        let mut diagnostic = wrong_type(path, expected, argument);
        if let Some(meant) = meant(kind, value) {
            diagnostic = diagnostic.help(format!("write `{meant}`"));
            // Another value may use the constant.
            if constant.is_none() {
                diagnostic = diagnostic.fix(Fix::certain(value.span, meant));
            }
        }
        if constant.is_some() {
            diagnostic = diagnostic.and(value.span, "defined here");
        }
        self.diagnostics.push(diagnostic);
        false
    }
}

/// Reports whether a value has the type `kind`.
fn fits(kind: &str, value: &Node) -> bool {
    match (&value.kind, kind) {
        (Kind::Scalar { text, .. }, _) if text.contains("${") => true,
        (Kind::Scalar { text, .. }, "path") => text.starts_with('/'),
        (Kind::Scalar { text, .. }, "url") => {
            let is_printed = |text: &str| text.chars().all(|c| !c.is_whitespace() && !c.is_control());
            web_parts(text)
                .is_some_and(|(host, path)| !host.is_empty() && is_printed(host) && is_printed(path))
        }
        (Kind::Scalar { text, plain: true }, "integer") => text.parse::<i64>().is_ok(),
        (Kind::Scalar { text, plain: true }, "boolean") => matches!(text.as_str(), "true" | "false"),
        (Kind::Scalar { .. }, "string") => !value.is_null(),
        (Kind::List(_), "list") | (Kind::Map(_), "mapping") => true,
        _ => false,
    }
}

/// The value of type `kind` that a text means: a number in quotes or without them, or a boolean of YAML 1.1
/// (<https://yaml.org/type/bool.html>).
fn meant(kind: &str, value: &Node) -> Option<String> {
    let Kind::Scalar { text, .. } = &value.kind else { return None };
    let value = match (kind, text.to_lowercase().as_str()) {
        ("string", _) if !value.is_null() => format!("\"{text}\""),
        ("boolean", "true" | "yes" | "on" | "y") => "true".to_owned(),
        ("boolean", "false" | "no" | "off" | "n") => "false".to_owned(),
        ("integer", text) => text.parse::<i64>().ok()?.to_string(),
        _ => return None,
    };
    Some(value)
}

/// The diagnostic for an argument of another type.
fn wrong_type(path: &str, expected: &str, argument: &Node) -> Diagnostic {
    Diagnostic::new(
        Code::BadParameter,
        format!("the parameter `{path}` is not {expected}"),
        argument.span,
        format!("expected {expected}"),
    )
    .help(format!("write {expected}"))
}

/// An argument with the type of its parameter: a number is a string for a string.
fn typed(kind: &str, argument: &Node) -> Node {
    match (&argument.kind, kind) {
        (Kind::Scalar { text, plain: true }, "string") if argument.reference().is_none() => {
            Node { kind: Kind::Scalar { text: text.clone(), plain: false }, span: argument.span }
        }
        _ => argument.clone(),
    }
}

/// The text under `key` of a declaration.
fn scalar<'p>(declaration: &'p Node, key: &str) -> &'p str {
    match declaration.get(key).map(|node| &node.kind) {
        Some(Kind::Scalar { text, .. }) => text,
        _ => "",
    }
}

/// The words of a parameter.
fn choices(parameter: &Entry) -> Vec<&str> {
    let Some(Node { kind: Kind::List(items), .. }) = parameter.value.get("choices") else {
        return Vec::new();
    };
    let words = items.iter().filter_map(|item| match &item.kind {
        Kind::Scalar { text, .. } => Some(text.as_str()),
        _ => None,
    });
    words.collect()
}

/// `a`, `b` or `c`.
fn either(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
