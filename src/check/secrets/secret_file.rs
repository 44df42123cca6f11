//! The file of a secret must be inside the folder of secrets, and its `owner` and `group` are one name each.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;
use crate::word::is_word;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let folder = host.secret_backend.as_ref().map_or("agenix.directory", |backend| backend.folder_key());
    for declared in host.secrets.values().map(|secret| &secret.settings) {
        if let Some(file) = &declared.file {
            let path = file.value();
            if path.is_empty()
                || path.starts_with('/')
                || path.split('/').any(|part| matches!(part, "" | "." | ".."))
            {
                diagnostics.push(
                    Diagnostic::new(
                        Code::BadValue,
                        format!("`{path}` is not inside the folder of secrets"),
                        file.span,
                        "expected a relative path without `.` and `..`",
                    )
                    .help(format!("write a path relative to `{folder}`")),
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
