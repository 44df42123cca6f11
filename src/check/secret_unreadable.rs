//! A mounted secret keeps its owner and mode: a container that runs as somebody else cannot read it, and
//! fails in its own words, at its own time.

use std::collections::{HashMap, HashSet};

use super::grants;
use crate::ast::secret::takes_path;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Secret};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let readers = readers(host);
    for container in host.containers() {
        let Some(user) = User::of(container) else { continue };
        for used in &container.compose.secrets.0 {
            // Any other variable is rendered by root, before the container starts.
            if used.variable.as_ref().is_some_and(|v| !takes_path(&v.value())) {
                continue;
            }
            let Some(secret) = host.secrets.get(&used.secret.value()) else { continue };
            if user.can_read(secret) != Some(false) {
                continue;
            }
            let span = grants::user(container).map_or(container.span, |user| user.span);
            diagnostics.push(
                Diagnostic::new(
                    Code::SecretUnreadable,
                    format!("`{}` cannot read the secret `{}`", container.name, used.secret.value()),
                    used.span,
                    "mounted as a file",
                )
                .and(span, format!("runs as {}", user.id))
                .and(secret.span, owner_of(secret))
                .help(match readers[&used.secret.value()].iter().any(|id| *id != user.id) {
                    false => format!("declare the secret with `owner: \"{}\"`", user.id),
                    true => format!(
                        "declare it once more under another name, with the same `file` and `owner: \"{}\"`",
                        user.id
                    ),
                }),
            );
        }
    }
}

/// The users, by number, of the containers that each secret is for.
fn readers(host: &Host) -> HashMap<String, HashSet<u32>> {
    let mut readers: HashMap<String, HashSet<u32>> = HashMap::new();
    for container in host.containers() {
        let Some(user) = User::of(container) else { continue };
        for used in &container.compose.secrets.0 {
            readers.entry(used.secret.value()).or_default().insert(user.id);
        }
    }
    readers
}

fn owner_of(secret: &Secret) -> String {
    let declared = secret.declared.as_ref();
    let owner = declared.and_then(|d| d.owner.as_ref()).map_or_else(|| "root".to_owned(), |o| o.value());
    let mode = declared.and_then(|d| d.mode.as_ref()).map_or_else(|| "0400".to_owned(), |m| m.value());
    format!("belongs to {owner}, with mode {mode}")
}

/// Who runs in a container, by number.
struct User {
    id: u32,
    groups: Vec<u32>,
    /// Whether its own group is among these.
    group_is_known: bool,
}

impl User {
    /// Known where `user` is a number other than root's, and no user namespace changes what it means.
    fn of(container: &Container) -> Option<User> {
        if grants::has_own_users(container) || container.compose.userns_mode.is_some() {
            return None;
        }
        let value = grants::user(container)?.what;
        let (id, group) = match value.split_once(':') {
            Some((id, group)) => (id, Some(group)),
            None => (value.as_str(), None),
        };
        let id: u32 = id.parse().ok()?;
        let more = grants::groups(container).into_iter().filter_map(|group| group.what.parse().ok());
        // Without a group it is the one that the image's /etc/passwd gives the user.
        let own = group.and_then(|g| g.parse().ok());
        let groups = own.into_iter().chain(more).collect();
        (id != 0).then_some(User { id, groups, group_is_known: own.is_some() })
    }

    /// Unknown where the secret belongs to somebody by name.
    fn can_read(&self, secret: &Secret) -> Option<bool> {
        let declared = secret.declared.as_ref();
        let owner = match declared.and_then(|d| d.owner.as_ref()) {
            Some(owner) => number(&owner.value())?,
            None => 0,
        };
        let group = match declared.and_then(|d| d.group.as_ref()) {
            Some(group) => number(&group.value())?,
            // A numeric owner brings the group of that number.
            None => owner,
        };
        let mode = match declared.and_then(|d| d.mode.as_ref()) {
            Some(mode) => u32::from_str_radix(&mode.value(), 8).ok()?,
            None => 0o400,
        };
        Some(match () {
            () if owner == self.id => mode & 0o400 != 0,
            () if self.groups.contains(&group) => mode & 0o040 != 0,
            () if !self.group_is_known && mode & 0o040 != 0 => return None,
            () => mode & 0o004 != 0,
        })
    }
}

fn number(name: &str) -> Option<u32> {
    if name == "root" { Some(0) } else { name.parse().ok() }
}
