//! Compose's `secrets` and `configs`: files in a container.

use super::container::Container;
use crate::document::{Map, Part, Value};
use crate::project::{self, Node, Origin};
use crate::report::{Kind, Path};
use crate::secret::{in_lines, in_text};

/// Converts the secrets of a container, each mounted as a file.
pub(super) fn secrets(container: &mut Container, node: &Node) {
    container.placed(node.origin, "secrets");
    for item in node.items() {
        let source = text_of(item, "source");
        let Some(definition) = container.context.project.secrets.get(&source) else { continue };
        let Some(secret) = secret(container, &source, definition) else { continue };
        let target =
            item.get("target").and_then(Node::text).map_or_else(|| source.clone(), |text| text.into_owned());
        let target = if target.starts_with('/') { target } else { format!("/run/secrets/{target}") };
        let value = match target == format!("/run/secrets/{secret}") {
            true => Value::text(&secret),
            false => {
                let mut value = Map::default();
                value.push("source", Value::text(&secret));
                value.push("target", Value::text(target));
                Value::Map(value)
            }
        };
        container.append(&["secrets"], value, item.origin);
        owner(container, item, "Compose ignores the owner and the mode of a secret from a file");
        reader(container, item, &secret);
    }
}

/// Gives a mounted secret to the user of the container: homegen's file is readable by its owner alone, and Compose's by
/// everyone in the container.
fn reader(container: &mut Container, item: &Node, secret: &str) {
    let user = container.service.keys.get("user").and_then(Node::text).unwrap_or_default().into_owned();
    let number = user.split(':').next().unwrap_or_default().to_owned();
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    if number == "root" || is_number && container.context.secrets.give_to(secret, &number) {
        return;
    }
    let cause =
        "the file of a secret is readable by root alone: write its `owner` if the program has another user";
    let detail = Some(format!("the secret `{secret}`"));
    container.context.ledger.line(Kind::OnTheHost, Some(item.origin), cause, detail);
}

/// The name of the secret that a top-level secret of Compose becomes.
fn secret(container: &mut Container, key: &str, definition: &Node) -> Option<String> {
    let context = &mut *container.context;
    let from_variable = definition.get("environment").and_then(Node::text);
    let from_file = definition.get("file").and_then(Node::text);
    let content = match (&from_variable, &from_file) {
        (Some(variable), _) => context.variable(variable),
        (None, Some(path)) => context.files.read(path).ok(),
        (None, None) => None,
    };
    let name = match &content {
        Some(content) => context.secrets.of_content(key, content, false),
        None => context.secrets.without_value(key, false),
    };
    let place = Path::of(&["secrets", &name]);
    for (member, value) in written(definition) {
        match member.as_str() {
            "file" | "environment" if content.is_some() => context.ledger.mapped(value.origin, place.clone()),
            "file" | "environment" => {
                let cause = "a secret has no value: create its file";
                context.ledger.line(
                    Kind::FillIn,
                    Some(value.origin),
                    cause,
                    Some(format!("the secret `{name}`")),
                );
            }
            "external" => context.ledger.mapped(value.origin, place.clone()),
            "name" => context.ledger.changed(value.origin, "the secret has a name of homegen"),
            _ => context.ledger.dropped(value.origin, "only Docker Swarm has this key of a secret"),
        }
    }
    Some(name)
}

/// Converts the configs of a container: a text of the file becomes a file of the container, and a file on the disk a
/// volume.
pub(super) fn configs(container: &mut Container, node: &Node) {
    container.placed(node.origin, "files");
    for item in node.items() {
        let source = text_of(item, "source");
        let Some(definition) = container.context.project.configs.get(&source) else { continue };
        let target =
            item.get("target").and_then(Node::text).map_or_else(|| source.clone(), |text| text.into_owned());
        let target = if target.starts_with('/') { target } else { format!("/{target}") };
        config(container, item, definition, &target);
        owner(container, item, "Compose ignores the owner and the mode of a config from a file");
    }
}

fn config(container: &mut Container, item: &Node, definition: &Node, target: &str) {
    if let Some((content, text)) = secret_text(container, definition) {
        let source = text_of(item, "source");
        let secret = container.context.secrets.of_content(&source, &text, false);
        let mut value = Map::default();
        value.push("source", Value::text(&secret));
        value.push("target", Value::text(target));
        container.append(&["secrets"], Value::Map(value), item.origin);
        let cause = "a config with a secret becomes a secret";
        let detail = Some(format!("`{secret}`"));
        container.context.ledger.line(Kind::Changed, Some(content), cause, detail);
    } else if let Some(content) = definition.get("content")
        && let project::Kind::Scalar(scalar) = &content.kind
    {
        let mut parts = Vec::new();
        for part in &scalar.parts {
            match part {
                project::Part::Variable(reference) if super::command::is_secret_part(part) => {
                    let name = super::environment::secret_of(container, &reference.name, part, item.origin);
                    parts.push(Part::Reference(format!("secrets.{name}")));
                }
                part => {
                    let alone = project::Scalar { parts: vec![part.clone()], is_plain: false };
                    parts.extend(container.context.parts(&alone, content.origin));
                }
            }
        }
        container.set(&["files", target, "text"], Value::Text(super::container::joined(parts)), item.origin);
        let place =
            ["files", target, "text"].iter().fold(container.place.clone(), |place, key| place.key(key));
        container.context.ledger.mapped(content.origin, place);
    } else if let Some(variable) = definition.get("environment") {
        let name = variable.text().unwrap_or_default().into_owned();
        let value = container.context.variable(&name);
        container.set(&["files", target, "text"], Value::text(value.unwrap_or_default()), item.origin);
        let place =
            ["files", target, "text"].iter().fold(container.place.clone(), |place, key| place.key(key));
        container.context.ledger.mapped(variable.origin, place);
    } else if let Some(file) = definition.get("file") {
        let path = super::volume::host_path(container, file);
        let mut parts = path;
        parts.push(Part::Text(format!(":{target}:ro")));
        container.append(&["volumes"], Value::Text(super::container::joined(parts)), item.origin);
        container.context.ledger.changed(file.origin, "a config from a file is a volume that is read-only");
    }
    for (member, value) in written(definition) {
        match member.as_str() {
            "content" | "environment" | "file" => {}
            "name" => {
                container.context.ledger.changed(value.origin, "a file of a container has no name of its own")
            }
            "external" => {
                container.context.ledger.refused(value.origin, "only Docker Swarm has external configs");
            }
            _ => container.context.ledger.dropped(value.origin, "only Docker Swarm has this key of a config"),
        }
    }
}

/// The text of a config that has a secret of its own, with its place.
fn secret_text(container: &Container, definition: &Node) -> Option<(Origin, String)> {
    let (node, text) = match (definition.get("content"), definition.get("environment")) {
        (Some(content), _) => (content, content.text()?.into_owned()),
        (None, Some(variable)) => {
            let value = container.context.project.variables.get(&*variable.text()?)?.value.clone()?;
            if super::secrets::is_secret_variable(&variable.text()?, &value) {
                return Some((variable.origin, value));
            }
            (variable, value)
        }
        (None, None) => return None,
    };
    // The content without the variables, which are secrets of their own.
    let own = match &node.kind {
        project::Kind::Scalar(scalar) if definition.get("content").is_some() => {
            let parts = scalar.parts.iter().map(|part| match part {
                part if super::command::is_secret_part(part) => "",
                part => part.value(),
            });
            parts.collect()
        }
        _ => text.clone(),
    };
    (in_lines(&own).is_some() || own.lines().any(|line| in_text(line).is_some()))
        .then_some((node.origin, text))
}

/// Accounts for the owner and the mode, which have no effect on a file of the host.
fn owner(container: &mut Container, item: &Node, cause: &str) {
    for key in ["uid", "gid", "mode"] {
        if let Some(value) = item.get(key).filter(|value| value.origin != item.origin) {
            container.changed(value, cause, None);
        }
    }
}

/// The members of a top-level definition that are in the file, without those that Compose derives.
fn written(definition: &Node) -> impl Iterator<Item = (&String, &Node)> {
    definition.entries().filter(|(_, value)| value.origin != definition.origin)
}

fn text_of(node: &Node, key: &str) -> String {
    node.get(key).and_then(Node::text).unwrap_or_default().into_owned()
}
