//! homegen gives a new folder to root. Containers that run as different users cannot write to it, unless the file sets
//! an owner.

use std::collections::{HashMap, HashSet};

use crate::check::isolation::grants::{self, Grant, User};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Folder, Host};
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut known: HashMap<String, (&Container, User, Span)> = HashMap::new();
    let mut reported: HashSet<String> = HashSet::new();
    for container in host.containers() {
        closed(container, diagnostics);
        mapped(container, diagnostics);
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
                    format!("only root could write to a new folder {path}"),
                    folder.span,
                    label(&user, container),
                )
                .and(*span, label(owner, first))
                .help(help(owner, &user)),
            );
        }
    }
}

/// Reports folders of a container with a user namespace of its own: a new one belongs to the host's root, which is not
/// a user in the container, unless the mount maps it or Podman changes its owner (podman-run(1), --volume).
fn mapped(container: &Container, diagnostics: &mut Diagnostics) {
    if !grants::has_own_users(container) {
        return;
    }
    let is_mapping = |option: &Text| matches!(option.value().split('=').next(), Some("U" | "idmap"));
    let volumes = container.volumes.iter().filter(|volume| volume.options.iter().any(is_mapping));
    let mapped: HashSet<Span> = volumes.map(|volume| volume.span).collect();
    let is_roots =
        |folder: &&Folder| folder.owner.is_none() && folder.group.is_none() && folder.mode.is_none();
    for folder in container.folders.iter().filter(is_roots).filter(|folder| !mapped.contains(&folder.span)) {
        let path = folder.path.value();
        diagnostics.push(
            Diagnostic::new(
                Code::FolderUsers,
                format!("`{}` could not write to a new folder {path}", container.name),
                folder.span,
                "belongs to root; the users in the container have other numbers on the host",
            )
            .help("add `:U`: Podman then gives the folder to the user of the container at each start"),
        );
    }
}

/// Reports folders that a container cannot open because of their mode. Without an `owner` the folder belongs to root if
/// the user is a name, whose number only the image knows; otherwise it belongs to the user of another container.
fn closed(container: &Container, diagnostics: &mut Diagnostics) {
    let (name, span, id) = match (User::of(container), grants::user(container)) {
        (Some(user), _) => (user.id.to_string(), user.span, Some(user)),
        (None, Some(Grant { granted: user, span })) => {
            let name = user.split(':').next().unwrap_or_default().to_owned();
            let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
            if is_number || name == "root" || grants::has_own_users(container) {
                return;
            }
            (name, span, None)
        }
        (None, None) => return,
    };
    for folder in container.folders.iter().filter(|folder| folder.group.is_none()) {
        let Some(mode) = folder.mode.as_ref().filter(|mode| is_closed(&mode.text.value())) else { continue };
        let owner = folder.owner.as_ref().map(|owner| owner.text.value());
        let is_open = match (&id, &owner) {
            (Some(user), Some(owner)) => may_open(user, owner, &mode.text.value()),
            (Some(user), None) => folder.image_user == Some(user.id),
            (None, owner) => owner.is_some(),
        };
        if is_open {
            continue;
        }
        let is_of_other_user = owner.is_some();
        let owner = owner.map_or_else(|| "root".to_owned(), |owner| format!("user {owner}"));
        diagnostics.push(
            Diagnostic::new(
                Code::FolderUsers,
                format!(
                    "a new folder {} would belong to {owner}, and `{name}` could not open it",
                    folder.path.value()
                ),
                mode.text.span,
                "this mode denies access to other users",
            )
            .and(span, format!("`{}` runs as `{name}`", container.name))
            .help(match id {
                Some(_) if is_of_other_user => {
                    "give both containers the same `user`, or write a `group` and a mode such as `\"2770\"`"
                        .to_owned()
                }
                Some(_) => {
                    format!("write `owner: {name}`, or a mode that lets others in, such as `\"0755\"`")
                }
                None => {
                    format!("set `owner` on this volume to the number that `{name}` has in the image")
                }
            }),
        );
    }
}

/// True if a user may be the owner of a folder, given as a name or a number, or in its group.
fn may_open(user: &User, owner: &str, mode: &str) -> bool {
    let number = owner.split(':').next().and_then(|owner| owner.parse::<u32>().ok());
    let is_open_to_group = u32::from_str_radix(mode, 8).is_ok_and(|mode| mode & 0o010 != 0);
    number.is_none_or(|owner| owner == user.id) || is_open_to_group && user.group.is_some()
}

/// True if a mode denies other users access to a folder.
fn is_closed(mode: &str) -> bool {
    u32::from_str_radix(mode, 8).is_ok_and(|mode| mode & 0o001 == 0)
}

/// True if a new folder would belong to root.
fn is_roots(folder: &Folder) -> bool {
    folder.owner.is_none() && folder.group.is_none() && folder.mode.is_none() && folder.image_user.is_none()
}

/// The help for two users of one folder.
fn help(first: &User, second: &User) -> String {
    match &first.group {
        Some(group) if second.group.as_ref() == Some(group) => {
            format!("write `group: {group}` and `mode: \"2775\"` in the long form of this volume")
        }
        _ => format!("give both containers the same `user`, such as `user: \"{}\"`", first.id),
    }
}
