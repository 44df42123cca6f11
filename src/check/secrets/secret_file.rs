//! The encrypted file of a secret has a path that Nix can copy, its `owner` and `group` are one name each, and no key
//! belongs to another store.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Secret};
use crate::setting::SecretStore;
use crate::source::Span;
use crate::tree::{Node, Text};
use crate::word::is_word;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for secret in host.secrets.values() {
        let declared = &secret.settings;
        unused_keys(secret, diagnostics);
        if let Some(path) = declared.path.as_ref().filter(|path| path.text.value().contains(':')) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadValue,
                    format!("`{}` is not a valid path for a mount", path.text.value()),
                    path.text.span,
                    "has a colon, which separates the parts of a volume",
                )
                .help("let the other program write the file to a path without a colon"),
            );
        }
        if let Some(key) = declared.key.as_ref().filter(|key| key.value().split('/').any(str::is_empty)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadValue,
                    format!("`{}` is not a valid key of sops", key.value()),
                    key.span,
                    "expected names with `/` between them: an empty key is the whole file",
                )
                .help("write the key of the secret, such as `app/key`"),
            );
        }
        if let (Some(file), Some(store)) = (&declared.file, secret.store) {
            check_file(file, store, diagnostics);
        }
        let owners = [("owner", Some(&declared.owner)), ("group", declared.group.as_ref())];
        for (key, owner) in owners.into_iter().filter_map(|(key, owner)| Some((key, owner?))) {
            let value = owner.text.value();
            let Some((user, group)) = value.split_once(':') else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::BadValue,
                    format!("`{key}` takes one name, not `user:group`"),
                    owner.text.span,
                    "expected one name",
                )
                .help(format!("write `owner: {user}` and `group: {group}`")),
            );
        }
    }
}

fn check_file(file: &Text, store: SecretStore, diagnostics: &mut Diagnostics) {
    let path = file.value();
    let is_outside = |part: &str| match store {
        SecretStore::Agenix => matches!(part, "" | "." | ".."),
        SecretStore::Sops => part.is_empty(),
    };
    let is_folder = path.rsplit('/').next().is_some_and(|last| matches!(last, "." | ".."));
    if path.is_empty() || is_folder || path.starts_with(['/', '~']) || path.split('/').any(is_outside) {
        let (title, expected, base) = match store {
            SecretStore::Agenix => (
                format!("`{path}` is not inside the folder of secrets"),
                "expected a relative path without `.` and `..`",
                format!("`{}`", store.location_key()),
            ),
            SecretStore::Sops => (
                format!("`{path}` is not a valid file of secrets"),
                "expected a relative path",
                "this file".to_owned(),
            ),
        };
        diagnostics.push(
            Diagnostic::new(Code::BadValue, title, file.span, expected)
                .help(format!("write a path relative to {base}")),
        );
    } else if let Some(name) = path.rsplit('/').next().filter(|name| !is_word(name, b"+-._?=")) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("`{name}` is not a valid file name in the Nix store"),
                file.span,
                "expected letters, digits and `+`, `-`, `.`, `_`, `?`, `=`",
            )
            .help(format!(
                "rename the file, for example to `{}`",
                name.replace(|c: char| !(c.is_ascii_alphanumeric() || "+-._?=".contains(c)), "-")
            )),
        );
    }
}

/// Reports keys that the store of the secret does not have.
fn unused_keys(secret: &Secret, diagnostics: &mut Diagnostics) {
    let declared = &secret.settings;
    let key = declared.key.as_ref().map(|key| ("key", key.span));
    let recipients = declared.recipients.first().map(|first| ("recipients", first.span()));
    let (others, other, reason): (Vec<(&str, Span)>, Span, &str) = match (&declared.path, secret.store) {
        (Some(path), _) => {
            let written = [("owner", declared.owner.text.written()), ("mode", declared.mode.text.written())];
            let written = written.into_iter().filter_map(|(key, text)| Some((key, text?.span)));
            let group = declared.group.as_ref().map(|group| ("group", group.text.span));
            let file = declared.file.as_ref().map(|file| ("file", file.span));
            let from = declared.from.as_ref().map(|from| ("from", from.span));
            let generate = declared.generate.as_ref().map(|generate| ("generate", generate.span));
            let others = written.chain(group).chain(recipients).chain(generate);
            let all = file.into_iter().chain(key).chain(from).chain(others).collect();
            (all, path.text.span, "another program creates this file")
        }
        (None, Some(SecretStore::Agenix)) => {
            (key.into_iter().collect(), secret.span, "agenix has one file for each secret")
        }
        (None, Some(SecretStore::Sops)) => {
            (recipients.into_iter().collect(), secret.span, "the recipients for sops are in `.sops.yaml`")
        }
        (None, None) => return,
    };
    for (name, span) in others {
        diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                format!("`{name}` has no effect on the secret"),
                span,
                "not used",
            )
            .and(other, reason)
            .help(format!("remove `{name}`")),
        );
    }
}
