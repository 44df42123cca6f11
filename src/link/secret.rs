//! The stores of secrets, and their uses.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Id, Secret, SecretStores, WrongSecret};
use crate::setting::{self, Format, SecretStore, UsedSecret};
use crate::source::{SourceId, Span};
use crate::tree::{Step, Target, Text};

/// Links a secret with its store.
pub(super) fn link(
    name: &Text,
    declared: setting::Secret,
    stores: &SecretStores,
    diagnostics: &mut Diagnostics,
) -> Secret {
    let store = store(name, &declared, stores, diagnostics);
    let file = match (&declared.file, store) {
        (None, Some(SecretStore::Agenix)) => Some(Text::literal(format!("{}.age", name.value()), name.span)),
        (file, _) => file.clone(),
    };
    Secret { store, file, settings: declared, span: name.span, file_is_missing: false }
}

/// The store of a secret.
fn store(
    name: &Text,
    declared: &setting::Secret,
    stores: &SecretStores,
    diagnostics: &mut Diagnostics,
) -> Option<SecretStore> {
    if declared.path.is_some() || declared.unreadable.may_hold(&["path", "from"]) {
        return None;
    }
    if let Some(from) = &declared.from {
        if stores.has(from.value) {
            return Some(from.value);
        }
        let word = from.value.word();
        diagnostics.push(
            Diagnostic::new(
                Code::StoreMissing,
                format!("the secret `{}` is in a store that is not declared", name.value()),
                from.span,
                format!("`{word}` is not declared"),
            )
            .help(format!("add `{}` at the top of the file", declaration(from.value))),
        );
        return None;
    }
    let mut all = stores.declared();
    let first = all.next();
    if all.next().is_some() {
        diagnostics.push(
            Diagnostic::new(
                Code::MissingKey,
                format!("`from` is missing in the secret `{}`", name.value()),
                name.span,
                "the file declares both `agenix` and `sops`",
            )
            .help("add `from: agenix` or `from: sops`"),
        );
        return None;
    }
    first
}

/// The declaration of a store.
pub(crate) fn declaration(store: SecretStore) -> &'static str {
    match store {
        SecretStore::Agenix => "agenix: { directory: secrets }",
        SecretStore::Sops => "sops: { file: secrets.yaml }",
    }
}

/// Checks that every use of a secret refers to a declared one with the needed format. Returns the invalid uses, which are
/// reported.
pub(super) fn check(host: &Host, diagnostics: &mut Diagnostics) -> Vec<WrongSecret> {
    let mut wrong = Vec::new();
    let mut check = |used: UsedSecret| {
        let UsedSecret { name, span, format, text } = used;
        let span = text.and_then(|text| argument(host, text)).unwrap_or(span);
        let Some(secret) = host.secrets.get(&*name) else {
            if diagnostics.is_full() {
                return;
            }
            let format = format.unwrap_or(Format::Raw);
            wrong.push(WrongSecret { name: name.to_string(), format });
            diagnostics.push(
                Diagnostic::new(
                    Code::UnknownSecret,
                    format!("there is no secret `{name}`"),
                    span,
                    "not declared",
                )
                .help(match host.secrets.is_empty() {
                    true => {
                        let how = if format == Format::Env { "{ format: env }" } else { "{}" };
                        format!("declare it: `secrets: {{ {name}: {how} }}`")
                    }
                    false => format!(
                        "declare it under `secrets`; {}",
                        diagnostics.suggestion(&name, host.secrets.keys().map(Id::as_str))
                    ),
                })
                .once(),
            );
            return;
        };
        let Some(format) = format else { return };
        if secret.settings.format != format && !secret.settings.unreadable.may_hold(&["format"]) {
            wrong.push(WrongSecret { name: name.to_string(), format });
            let (has, wants) = match format {
                Format::Raw => ("env", "raw"),
                Format::Env => ("raw", "env"),
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::SecretFormat,
                    format!("the secret `{name}` has the format `{has}`"),
                    span,
                    format!("expected a secret of format `{wants}`"),
                )
                .and(secret.span, "declared here")
                .help(match format {
                    Format::Raw => "write a secret that holds only the value, or remove `format: env` from the declaration",
                    Format::Env => "add `format: env` to the declaration if the secret holds lines of KEY=VALUE",
                })
                .once(),
            );
        }
    };
    host.used_secrets().for_each(&mut check);
    wrong
}

/// The span of the argument in the file that `text` refers to.
fn argument(host: &Host, text: &Text) -> Option<Span> {
    let Target::Parameter { service, path } = &text.reference()?.target else { return None };
    let (Step::Key(parameter), rest) = path.split_first()? else { return None };
    let (_, value) = host.service_called(service)?.parameters.iter().find(|(name, _)| name == parameter)?;
    let mut value = value;
    for step in rest {
        let Step::Key(key) = step else { return None };
        value = value.get(key)?;
    }
    (value.span.source == SourceId::FILE).then_some(value.span)
}
