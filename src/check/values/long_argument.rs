//! Linux limits one argument of a program to 128 KiB, and all of them to 2 MiB (MAX_ARG_STRLEN and `bprm_stack_limits`
//! in fs/exec.c, with systemd's LimitSTACK=8M). Podman gets each value of a container as an argument.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::setting::HealthTest;
use crate::source::Span;
use crate::tree::{Node, Text};

/// The maximum length of one argument in bytes, without the NUL after it.
const MAX_ARGUMENT: usize = (128 << 10) - 1;

/// The maximum length of all arguments in bytes, with a pointer and a NUL for each.
const MAX_ARGUMENTS: usize = 2 << 20;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let mut all = 0;
        for value in values(container) {
            all += value.bytes + 9;
            if value.bytes > MAX_ARGUMENT {
                report(container, &value, diagnostics);
            }
        }
        if all > MAX_ARGUMENTS {
            let title = format!("the values of `{}` are too long for one command line", container.name);
            let label = format!("{all} bytes; the limit of all arguments is {MAX_ARGUMENTS}");
            diagnostics.push(
                Diagnostic::new(Code::UnsupportedValue, title, container.span, label)
                    .help("move the longest values into files, and mount the files under `volumes`"),
            );
        }
    }
}

fn report(container: &Container, value: &Value, diagnostics: &mut Diagnostics) {
    let noun = match value.name {
        Some(name) => format!("the value of `{}`", name.value()),
        None => value.noun.to_owned(),
    };
    let title = format!("{noun} of `{}` is too long for a command line", container.name);
    let label = format!("{} bytes; the limit of an argument is {MAX_ARGUMENT}", value.bytes);
    diagnostics.push(Diagnostic::new(Code::UnsupportedValue, title, value.span, label).help(value.help));
}

/// A value that is an argument of Podman.
struct Value<'a> {
    noun: &'static str,
    /// The name of the variable or label, which is in the same argument.
    name: Option<&'a Text>,
    bytes: usize,
    span: Span,
    help: &'static str,
}

fn values(container: &Container) -> impl Iterator<Item = Value<'_>> {
    let settings = &container.settings;
    let file = "move it into a file, and mount the file under `volumes`";
    let script = "move it into a script, and mount the script under `volumes`";
    let pairs = [(&settings.environment, file), (&settings.labels, "shorten it")];
    let pairs = pairs.into_iter().flat_map(|(pairs, help)| pairs.0.iter().map(move |pair| (pair, help)));
    let pairs = pairs.map(|((name, value), help)| {
        let bytes = name.value().len() + 1 + value.value().len();
        Value { noun: "", name: Some(name), bytes, span: value.span, help }
    });
    let test: &[Text] = match settings.healthcheck.as_ref().and_then(|check| check.test.as_ref()) {
        Some(HealthTest::Shell(line)) => std::slice::from_ref(line),
        Some(HealthTest::Exec(words)) => words,
        Some(HealthTest::None) | None => &[],
    };
    let words: [(_, &[Text], _); 4] = [
        ("a word of the command", settings.command.as_ref().map_or(&[], |words| &words.0), script),
        ("a word of the entrypoint", settings.entrypoint.as_ref().map_or(&[], |words| &words.0), script),
        ("a word of the health check", test, script),
        ("an argument under `podman_args`", &settings.podman_args, "shorten it"),
    ];
    let words = words.into_iter().flat_map(|(noun, words, help)| {
        words.iter().map(move |word| Value {
            noun,
            name: None,
            bytes: word.value().len(),
            span: word.span,
            help,
        })
    });
    pairs.chain(words)
}
