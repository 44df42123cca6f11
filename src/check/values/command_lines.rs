//! A program gets a list of words as it is: no shell splits a word, or reads an operator or a variable.

use crate::command::{is_plain_program, of_shell};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::Work;
use crate::hir::{Container, Host};
use crate::setting::HealthTest;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let settings = &container.settings;
        let test = match settings.healthcheck.as_ref().and_then(|check| check.test.as_ref()) {
            Some(HealthTest::Exec(words)) => Some(words),
            Some(HealthTest::Shell(_) | HealthTest::None) | None => None,
        };
        if let Some(words) = test {
            whole_line(words, "CMD, ", diagnostics);
            shell(words, |line| format!("write it as a shell command: `test: {line}`"), diagnostics);
        }
        if let Some(entrypoint) = &settings.entrypoint {
            whole_line(&entrypoint.0, "", diagnostics);
            shell(&entrypoint.0, in_shell, diagnostics);
        }
        if let Some(command) = &settings.command {
            if is_line(container, &command.0) {
                whole_line(&command.0, "", diagnostics);
            }
            shell(&command.0, in_shell, diagnostics);
        }
    }
    for job in host.jobs() {
        if let Work::Exec(exec) = &job.work {
            shell(&exec.command, in_shell, diagnostics);
        }
    }
}

/// The action for a line of a shell.
fn in_shell(line: &str) -> String {
    format!("run it in a shell: `[sh, -c, '{line}']`")
}

/// True if a command is a whole line in one item, for a program whose image has no script that splits it. After an
/// entrypoint such as `[sh, -c]` one item is a script.
fn is_line(container: &Container, words: &[Text]) -> bool {
    let line = words.first().map(Text::value).unwrap_or_default();
    container.settings.entrypoint.is_none()
        && line.split_whitespace().next().is_some_and(is_plain_program)
        && words.len() == 1
}

/// Reports a program and its arguments in the first item of a list.
fn whole_line(words: &[Text], before: &str, diagnostics: &mut Diagnostics) {
    let Some(first) = words.first() else { return };
    let line = first.value();
    let Some(mut split) = shell_words::split(&line).ok().filter(|split| split.len() > 1) else { return };
    let program = split[0].clone();
    split.extend(words[1..].iter().map(Text::value));
    let items: Vec<String> = split.iter().map(|word| item(word)).collect();
    diagnostics.push(
        Diagnostic::new(
            Code::BadValue,
            format!("`{program}` and its arguments are a single list item"),
            first.span,
            "expected one item for each word",
        )
        .help(format!("write one item for each word: `[{before}{}]`", items.join(", "))),
    );
}

/// An item of a YAML list.
fn item(word: &str) -> String {
    let is_plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./=@%+".contains(&b))
        && !matches!(word, "" | "-" | "=" | "true" | "false" | "null")
        && !word.starts_with(['@', '%']);
    if is_plain { word.to_owned() } else { format!("{word:?}") }
}

/// Reports an operator or a variable of a shell among the words of a program.
fn shell(words: &[Text], help: impl Fn(&str) -> String, diagnostics: &mut Diagnostics) {
    let values: Vec<String> = words.iter().map(Text::value).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let Some(found) = of_shell(&values) else { return };
    let span = values.iter().position(|value| *value == found).map_or(words[0].span, |at| words[at].span);
    let line: Vec<String> = values.iter().map(|word| in_line(word)).collect();
    let line = line.join(" ");
    diagnostics.push(
        Diagnostic::new(
            Code::BadValue,
            format!("`{found}` has no effect without a shell"),
            span,
            format!("`{}` would get it as an argument", values[0]),
        )
        .help(if line.contains('\'') { help("LINE") } else { help(&line) }),
    );
}

/// A word of a shell command whose operators and variables stay unquoted.
fn in_line(word: &str) -> String {
    match word {
        word if word.starts_with('$') => format!("\"{word}\""),
        word if word.contains(char::is_whitespace) || word.contains(['"', '\'']) => {
            shell_words::quote(word).into_owned()
        }
        word => word.to_owned(),
    }
}
