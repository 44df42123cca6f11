//! A new folder of containers that run as different users is root's: neither can write to it, unless the file says whose
//! it is.

use std::collections::{HashMap, HashSet};

use super::grants;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Folder, Host};
use crate::image::ImageName;
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut known: HashMap<String, (&Container, User, Span)> = HashMap::new();
    let mut reported: HashSet<String> = HashSet::new();
    for container in host.containers() {
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

/// Whether a new folder would belong to root.
fn is_roots(folder: &Folder) -> bool {
    folder.owner.is_none() && folder.group.is_none() && folder.mode.is_none() && folder.image_user.is_none()
}

fn help(first: &User, second: &User) -> String {
    match &first.group {
        Some(group) if second.group.as_ref() == Some(group) => {
            format!("write `group: {group}` and `mode: \"2775\"` in the long form of this volume")
        }
        _ => format!("give both containers the same `user`, such as `user: \"{}\"`", first.id),
    }
}

/// Who runs in a container, by number.
#[derive(Clone)]
struct User {
    id: String,
    group: Option<String>,
}

impl User {
    /// Known where the file or the image has a number other than root's, and no user namespace changes what it means.
    fn of(container: &Container) -> Option<User> {
        if grants::has_own_users(container) || container.compose.userns_mode.is_some() {
            return None;
        }
        let image = || ImageName::of(&container.compose.image).starts_as().map(|id| id.to_string());
        let value = grants::user(container).map(|user| user.what).or_else(image)?;
        let (id, group) =
            value.split_once(':').map_or((value.as_str(), None), |(id, group)| (id, Some(group)));
        let id: u32 = id.parse().ok().filter(|id| *id != 0)?;
        Some(User { id: id.to_string(), group: group.map(str::to_owned) })
    }
}
