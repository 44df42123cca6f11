//! `healthcheck`.

use super::command;
use super::container::Container;
use crate::document::{Item, Value};
use crate::project::{self, Node};
use crate::secret::in_words;

/// homegen's defaults, which are Compose's too.
const DEFAULTS: &[(&str, &[&str])] = &[
    ("interval", &["30s", "0", "0s"]),
    ("timeout", &["30s", "0", "0s"]),
    ("retries", &["3", "0"]),
    ("start_period", &["0s", "0"]),
];

/// Converts a health check.
pub(super) fn convert(container: &mut Container, node: &Node) {
    container.placed(node.origin, "healthcheck");
    let is_disabled = node.get("disable").and_then(Node::text).as_deref() == Some("true");
    let is_none = node.get("test").and_then(|test| test.items().first()).and_then(Node::text).as_deref()
        == Some("NONE");
    if is_disabled || is_none {
        for (key, value) in node.entries() {
            match key.as_str() {
                "disable" | "test" => {
                    container.set(&["healthcheck", "disable"], Value::Plain("true".to_owned()), value.origin);
                }
                _ => container.changed(value, "the health check is disabled", None),
            }
        }
        return;
    }
    let has_times = node.entries().any(|(key, _)| key != "disable");
    if node.get("test").is_none() && has_times {
        container
            .dropped(node, "Podman ignores the times of the image's own health check: write its `test` too");
        return;
    }
    for (key, value) in node.entries() {
        match key.as_str() {
            "test" => test(container, value),
            "disable" => container.left_out(value, "it is the default"),
            key => {
                let text = value.text().unwrap_or_default();
                let defaults = DEFAULTS.iter().find(|(known, _)| *known == key);
                match defaults.is_some_and(|(_, values)| values.contains(&&*text)) {
                    true => container.left_out(value, "it is the default"),
                    false => container.copy_literal(&["healthcheck", key], value),
                }
            }
        }
    }
}

/// Converts the command: a line for a shell, or words.
fn test(container: &mut Container, node: &Node) {
    let Some((first, words)) = node.items().split_first() else { return };
    let is_shell = first.text().as_deref() == Some("CMD-SHELL");
    let values: Vec<String> = words.iter().map(|word| word.text().unwrap_or_default().into_owned()).collect();
    let split = match is_shell {
        true => values.first().map(|line| shell_words::split(line).unwrap_or_default()).unwrap_or_default(),
        false => values,
    };
    if in_words(&split).is_some() || command::has_secret(words) {
        with_secret(container, node, words, is_shell);
        return;
    }
    if is_shell {
        if let Some(value) = words.first().and_then(|line| container.context.value(line)) {
            container.set(&["healthcheck", "test"], value, node.origin);
        }
        return;
    }
    let items = node.items().iter().filter_map(|word| container.context.value(word)).map(Item::from);
    let items = items.collect();
    container.set(&["healthcheck", "test"], Value::List(items), node.origin);
}

/// A check with a secret reads it from a variable of the container.
fn with_secret(container: &mut Container, node: &Node, words: &[Node], is_shell: bool) {
    let mut line = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let project::Kind::Scalar(scalar) = &word.kind else { continue };
        if is_shell {
            let mut text = String::new();
            for part in &scalar.parts {
                match part {
                    project::Part::Variable(reference) if command::is_secret_part(part) => {
                        let name = reference.name.clone();
                        let secret = super::environment::secret_of(container, &name, part, node.origin);
                        let name = container.command_variable(&name, &secret, part.value(), node.origin);
                        text.push_str(&format!("${{{name}}}"));
                    }
                    part => text.push_str(part.value()),
                }
            }
            let text = command::without_braces(&text);
            line.push(text);
        } else {
            line.push(command::shell_word(container, words, index));
        }
    }
    let line = line.join(" ");
    if let Ok(split) = shell_words::split(&line)
        && in_words(&split).is_some()
    {
        // A secret that is written into the line itself.
        let variable = format!("{}_HEALTHCHECK", container.name.to_uppercase().replace('-', "_"));
        let secret = container.context.secrets.of_content(&variable, &line, false);
        let variable = container.command_variable(&variable, &secret, &line, node.origin);
        container.set(&["healthcheck", "test"], Value::text(format!("eval \"${variable}\"")), node.origin);
    } else {
        container.set(&["healthcheck", "test"], Value::text(line), node.origin);
    }
    container.changed(node, "the health check reads a secret from a variable of the container", None);
}
