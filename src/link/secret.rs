//! The secret backend, and the uses of secrets.

use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::SecretName;
use crate::hir::{Host, Id, SecretBackend, WrongSecret};
use crate::setting::Format;
use crate::source::{SourceId, Span};
use crate::tree::{Step, Target, Text};
use crate::value::Value;

/// Takes the secret backend from a file.
pub(super) fn take_backend(file: &mut ast::File) -> Option<SecretBackend> {
    file.agenix.take().map(SecretBackend::Agenix)
}

/// Checks that every use of a secret refers to a declared one with the needed format. Returns the invalid uses, which are
/// reported.
pub(super) fn check(host: &Host, diagnostics: &mut Diagnostics) -> Vec<WrongSecret> {
    let mut wrong = Vec::new();
    let mut used = |name: &Value<SecretName>, format: Option<Format>| {
        let span: Span = name.text.span;
        let Some(secret) = host.secret(name) else {
            if diagnostics.is_full() {
                return;
            }
            let format = format.unwrap_or(Format::Raw);
            wrong.push(WrongSecret { name: name.text.value(), format });
            let span = argument(host, &name.text).unwrap_or(span);
            diagnostics.push(
                Diagnostic::new(
                    Code::UnknownSecret,
                    format!("there is no secret `{}`", name.text.value()),
                    span,
                    "not declared",
                )
                .help(match host.secrets.is_empty() {
                    true => {
                        let how = if format == Format::Env { "{ format: env }" } else { "{}" };
                        format!("declare it: `secrets: {{ {}: {how} }}`", name.text.value())
                    }
                    false => format!(
                        "declare it under `secrets`; {}",
                        diagnostics.suggestion(&name.text.value(), host.secrets.keys().map(Id::as_str))
                    ),
                })
                .once(),
            );
            return;
        };
        let Some(format) = format else { return };
        if secret.settings.format != format && !secret.settings.unreadable.may_hold(&["format"]) {
            wrong.push(WrongSecret { name: name.text.value(), format });
            let (has, wants) = match format {
                Format::Raw => ("env", "raw"),
                Format::Env => ("raw", "env"),
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::SecretFormat,
                    format!("the secret `{}` has the format `{has}`", name.text.value()),
                    span,
                    format!("expected a secret of format `{wants}`"),
                )
                .and(secret.span, "declared here")
                .help(match format {
                    Format::Raw => "write a secret that holds only the value, or remove `format: env` from the declaration",
                    Format::Env => "add `format: env` to the declaration if the secret holds lines of KEY=VALUE",
                }),
            );
        }
    };
    for (name, format) in host.used_secrets() {
        used(name, format);
    }
    wrong
}

/// The span of the argument in the file that `text` refers to.
fn argument(host: &Host, text: &Text) -> Option<Span> {
    let Target::Parameter { service, path } = &text.reference()?.target else { return None };
    let Some(Step::Key(parameter)) = path.first() else { return None };
    let (_, value) = host.service_called(service)?.parameters.iter().find(|(name, _)| name == parameter)?;
    (value.span.source == SourceId::FILE).then_some(value.span)
}
