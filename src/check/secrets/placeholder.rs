//! A text that reads like the placeholder of a secret in a rendered file would be replaced by a secret.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::setting::FileContent;
use crate::tree::{Kind, Node, Text};

/// The beginnings of the placeholders that `render-file` replaces.
const PLACEHOLDERS: [&str; 2] = ["<secret:", "<secret-url:"];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let files = host.containers().flat_map(|container| &container.settings.files.entries);
    for (_, file) in files.filter(|(_, file)| !file.secrets().is_empty()) {
        for content in file.contents() {
            match content {
                FileContent::Data(_, data) => check_data(data, diagnostics),
                FileContent::Text(text) => check_text(text, diagnostics),
                FileContent::Beside(_) => {}
            }
        }
    }
}

fn check_data(node: &Node, diagnostics: &mut Diagnostics) {
    match &node.kind {
        Kind::Scalar(text) => check_text(text, diagnostics),
        Kind::List(items) => items.iter().for_each(|item| check_data(item, diagnostics)),
        Kind::Map(entries) => entries.iter().for_each(|entry| {
            check_text(&entry.key, diagnostics);
            check_data(&entry.value, diagnostics);
        }),
        Kind::Nix(_) | Kind::Unknown => {}
    }
}

fn check_text(text: &Text, diagnostics: &mut Diagnostics) {
    let value = text.value();
    let Some(placeholder) = PLACEHOLDERS.iter().find(|placeholder| value.contains(*placeholder)) else {
        return;
    };
    diagnostics.push(
        Diagnostic::new(
            Code::BadValue,
            format!("`{placeholder}` begins a placeholder in a file with secrets"),
            text.span,
            "would be replaced when the file is rendered",
        )
        .help("write `${secrets.NAME}` for the content of a secret; another text cannot contain this word"),
    );
}
