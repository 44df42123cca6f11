//! A new folder of containers that run as different users is root's: neither can write to it, unless the file says whose
//! it is.

use std::collections::{HashMap, HashSet};

use super::grants::{self, Grant, User};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Folder, Host};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut known: HashMap<String, (&Container, User, Span)> = HashMap::new();
    let mut reported: HashSet<String> = HashSet::new();
    for container in host.containers() {
        closed(container, diagnostics);
        let Some(user) = User::of(container) else { continue };
        for folder in container.folders.iter().filter(|folder| is_roots(folder)) {
            let path = folder.path.value().trim_end_matches('/').to_owned();
            let Some((first, owner, span)) = known.get(&path) else {
                known.insert(path, (container, user.clone(), folder.span));
                continue;
            };
            if owner.id == user.id || !reported.insert(path.clone()) {
                continue;
            }
            let label =
                |user: &User, container: &Container| format!("`{}` runs as {}", container.name, user.id);
            diagnostics.push(
                Diagnostic::new(
                    Code::FolderUsers,
                    format!("a new folder {path} would be writable by root alone"),
                    folder.span,
                    label(&user, container),
                )
                .and(*span, label(owner, first))
                .help(help(owner, &user)),
            );
        }
    }
}

/// Reports folders that root alone can open, for a container with a user by name: the number is in the image alone.
fn closed(container: &Container, diagnostics: &mut Diagnostics) {
    let Some(Grant { what: user, span }) = grants::user(container) else { return };
    let name = user.split(':').next().unwrap_or_default();
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    if is_number || name == "root" || grants::has_own_users(container) {
        return;
    }
    for folder in container.folders.iter().filter(|folder| folder.owner.is_none() && folder.group.is_none()) {
        let Some(mode) = folder.mode.as_ref().filter(|mode| is_closed(&mode.value())) else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::FolderUsers,
                format!(
                    "a new folder {} would belong to root, and `{name}` could not open it",
                    folder.path.value()
                ),
                mode.0.span,
                "keeps all other users out",
            )
            .and(span, format!("`{}` runs as `{name}`", container.name))
            .help(format!("add `owner` to this volume, with the number that `{name}` has in the image")),
        );
    }
}

/// Whether a mode lets nobody but the owner and the group into a folder.
fn is_closed(mode: &str) -> bool {
    u32::from_str_radix(mode, 8).is_ok_and(|mode| mode & 0o001 == 0)
}

/// Whether a new folder would belong to root.
fn is_roots(folder: &Folder) -> bool {
    folder.owner.is_none() && folder.group.is_none() && folder.mode.is_none() && folder.image_user.is_none()
}

/// What to do about two users of one folder.
fn help(first: &User, second: &User) -> String {
    match &first.group {
        Some(group) if second.group.as_ref() == Some(group) => {
            format!("write `group: {group}` and `mode: \"2775\"` in the long form of this volume")
        }
        _ => format!("give both containers the same `user`, such as `user: \"{}\"`", first.id),
    }
}
