//! `command` and `entrypoint`.

use super::container::Container;
use super::environment::secret_of;
use crate::document::{Item, Part, Value};
use crate::project::{self, Node};
use crate::secret::in_words;

/// The longest command that is written as one text.
const LONGEST_LINE: usize = 70;

/// Converts the words of a command.
pub(super) fn convert(container: &mut Container, key: &str, node: &Node) {
    let words = node.items();
    if words.is_empty() {
        // The engine takes the image's command all the same, and only an empty entrypoint has an effect.
        match key {
            "entrypoint" if !matches!(node.kind, project::Kind::Null) => {
                container.append(&["podman_args"], Value::text("--entrypoint=[]"), node.origin);
            }
            _ => container.left_out(node, "the image's value applies"),
        }
        return;
    }
    let values: Vec<String> = words.iter().map(|word| word.text().unwrap_or_default().into_owned()).collect();
    if in_words(&values).is_some() || has_secret(words) {
        with_secret(container, key, node);
        return;
    }
    // The words of a command line are nodes of their own.
    let place = container.place.key(key);
    let origins = &container.context.project.origins;
    let alone =
        words.iter().map(|word| word.origin).filter(|one| origins.place(*one).parent != Some(node.origin));
    let alone: Vec<_> = alone.filter(|one| *one != node.origin).collect();
    alone.into_iter().for_each(|one| container.context.ledger.mapped(one, place.clone()));
    let written: Vec<Value> = words.iter().filter_map(|word| container.context.value(word)).collect();
    container.set(&[key], words_or_line(written), node.origin);
}

/// A command as one text if a shell would read it as the same words, or a list.
fn words_or_line(words: Vec<Value>) -> Value {
    let length: usize = words.iter().map(|word| printed_length(word) + 1).sum();
    if length <= LONGEST_LINE && words.iter().all(is_simple) {
        let mut line = Vec::new();
        for word in words {
            if !line.is_empty() {
                line.push(Part::Text(" ".to_owned()));
            }
            match word {
                Value::Plain(text) => line.push(Part::Text(text)),
                Value::Text(parts) => line.extend(parts),
                _ => {}
            }
        }
        return Value::Text(super::container::joined(line));
    }
    Value::List(words.into_iter().map(Item::from).collect())
}

fn printed_length(word: &Value) -> usize {
    match word {
        Value::Plain(text) => text.len(),
        Value::Text(parts) => parts.iter().map(part_length).sum(),
        _ => 0,
    }
}

fn part_length(part: &Part) -> usize {
    match part {
        Part::Text(text) => text.len(),
        Part::Reference(name) => name.len() + 3,
    }
}

/// True if a word needs no quotes in a shell.
fn is_simple(word: &Value) -> bool {
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(&b));
    match word {
        Value::Plain(_) => true,
        Value::Text(parts) => {
            !parts.is_empty()
                && parts.iter().all(|part| match part {
                    Part::Text(text) => is_plain(text),
                    Part::Reference(_) => true,
                })
                && printed_length(word) > 0
        }
        _ => false,
    }
}

/// A line of a shell in which `${NAME}` is `$NAME` wherever the shell reads the same name.
pub(super) fn without_braces(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once("${") {
        text.push_str(before);
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match behind.split_once('}') {
            Some((name, after)) if name.chars().all(is_part) && !after.starts_with(is_part) => {
                text.push_str(&format!("${name}"));
                rest = after;
            }
            _ => {
                text.push_str("${");
                rest = behind;
            }
        }
    }
    text + rest
}

/// True if a word has the value of a variable with the name of a secret.
pub(super) fn has_secret(words: &[Node]) -> bool {
    words.iter().any(|word| match &word.kind {
        project::Kind::Scalar(scalar) => scalar.parts.iter().any(is_secret_part),
        _ => false,
    })
}

/// True for the value of a variable with the name of a secret.
pub(super) fn is_secret_part(part: &project::Part) -> bool {
    match part {
        project::Part::Variable(reference) => {
            super::secrets::is_secret_variable(&reference.name, &reference.value)
                || reference.value.is_empty() && super::secrets::is_secret_without_value(&reference.name)
        }
        project::Part::Text(_) => false,
    }
}

/// Converts a command with a secret: a shell in the container reads the secret from a variable. A command that begins with
/// an option belongs to the program of the image, which no shell can replace.
fn with_secret(container: &mut Container, key: &str, node: &Node) {
    let words = node.items();
    let first = words[0].text().unwrap_or_default().into_owned();
    if first.starts_with('-') || key == "command" && container.service.keys.contains_key("entrypoint") {
        let constant = container.context.constants.without_value(
            &format!("{}_COMMAND", container.name.to_uppercase().replace('-', "_")),
            "fill in the arguments without the secret, which the program has to read from a file or a variable",
        );
        let cause = "the arguments of a program have a secret, which every user of the host could read";
        container.context.ledger.line(crate::report::Kind::FillIn, Some(node.origin), cause, None);
        container.set(&[key], Value::reference(constant), node.origin);
        return;
    }
    let mut line = String::from("exec");
    for index in 0..words.len() {
        line.push(' ');
        line.push_str(&shell_word(container, words, index));
    }
    let shell = [Value::text("sh"), Value::text("-c"), Value::text(line)].map(Item::from);
    container.set(&[key], Value::List(shell.into()), node.origin);
    let cause = "a shell in the container reads the secret of a command from a variable";
    container.changed(node, cause, None);
}

/// The word of a command at `index` for a shell, with secrets as variables of the container.
pub(super) fn shell_word(container: &mut Container, words: &[Node], index: usize) -> String {
    let node = &words[index];
    let project::Kind::Scalar(scalar) = &node.kind else { return String::new() };
    let has_variable = scalar.parts.iter().any(is_secret_part);
    let value = scalar.value();
    if has_variable {
        let mut word = String::new();
        for part in &scalar.parts {
            match part {
                project::Part::Variable(reference) if is_secret_part(part) => {
                    let secret = secret_of(container, &reference.name, part, node.origin);
                    let variable =
                        container.command_variable(&reference.name, &secret, part.value(), node.origin);
                    word.push_str(&format!("\"${variable}\""));
                }
                part if part.value().is_empty() => {}
                part => word.push_str(&shell_words::quote(part.value())),
            }
        }
        return word;
    }
    let alone = [value.clone().into_owned()];
    // A secret before the word belongs to another word.
    let mut before: Vec<String> = Vec::new();
    for word in &words[..index] {
        before.push(word.text().unwrap_or_default().into_owned());
        if in_words(&before).is_some() {
            before.pop();
            before.push("$SECRET".to_owned());
        }
    }
    let with = |last: &str| before.iter().cloned().chain([last.to_owned()]).collect::<Vec<_>>();
    if in_words(&with(&value)).is_some() && in_words(&before).is_none() || in_words(&alone).is_some() {
        let (option, secret) = match value.split_once('=') {
            Some((option, secret)) if value.starts_with('-') => (format!("{option}="), secret.to_owned()),
            _ => (String::new(), value.clone().into_owned()),
        };
        let variable = format!("{}_SECRET", container.name.to_uppercase().replace('-', "_"));
        let name = container.context.secrets.of_content(&variable, &secret, false);
        let variable = container.command_variable(&variable, &name, &secret, node.origin);
        return format!("{}\"${variable}\"", shell_words::quote(&option).trim_matches('\''));
    }
    shell_words::quote(&value).into_owned()
}
