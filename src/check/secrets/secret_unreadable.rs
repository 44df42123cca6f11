//! A mounted secret keeps its owner and mode: a container that runs as another user cannot read it, and fails at run
//! time.

use std::collections::{HashMap, HashSet};

use crate::check::isolation::grants::{self, User};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Secret};
use crate::setting::takes_path;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let readers = readers(host);
    for container in host.containers() {
        let Some(reader) = Reader::of(container) else { continue };
        let User { id, span, .. } = reader.user;
        for used in &container.settings.secrets.0 {
            // Root renders any other variable before the container starts.
            if used.variable.as_ref().is_some_and(|v| !takes_path(&v.text.value())) {
                continue;
            }
            let Some(secret) = host.secret(&used.secret) else { continue };
            // The file does not show who owns a secret that another program creates.
            if secret.settings.path.is_some() || reader.can_read(secret) != Some(false) {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(
                    Code::SecretUnreadable,
                    format!("`{}` cannot read the secret `{}`", container.name, used.secret.text.value()),
                    used.span,
                    "mounted as a file",
                )
                .and(span, format!("the container runs as {id}"))
                .and(secret.span, owner_of(secret))
                .help(match readers[&used.secret.text.value()].iter().any(|other| *other != id) {
                    false => format!("add `owner: \"{id}\"` to the declaration of the secret"),
                    true => format!(
                        "declare the secret a second time under another name, with the same `file` and `owner: \"{id}\"`"
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
        for used in &container.settings.secrets.0 {
            readers.entry(used.secret.text.value()).or_default().insert(user.id);
        }
    }
    readers
}

fn owner_of(secret: &Secret) -> String {
    let declared = &secret.settings;
    let (owner, mode) = (declared.owner.text.value(), declared.mode.text.value());
    format!("belongs to {owner}, with mode {mode}")
}

/// The user and the groups that read a secret.
struct Reader {
    user: User,
    groups: Vec<u32>,
    /// True if the user's own group is among `groups`.
    group_is_known: bool,
}

impl Reader {
    fn of(container: &Container) -> Option<Reader> {
        let user = User::of(container)?;
        let more = grants::groups(container).into_iter().filter_map(|group| group.granted.parse().ok());
        // Without a group, the image's /etc/passwd decides the user's group.
        let own = user.group.as_ref().and_then(|group| group.parse().ok());
        let groups = own.into_iter().chain(more).collect();
        Some(Reader { user, groups, group_is_known: own.is_some() })
    }

    /// `None` if the owner of the secret is a name, whose number is unknown.
    fn can_read(&self, secret: &Secret) -> Option<bool> {
        let declared = &secret.settings;
        let owner = declared.owner.value.user.id()?;
        let group = match &declared.group {
            Some(group) => group.value.user.id()?,
            // A numeric owner implies the group with that number.
            None => owner,
        };
        let mode = declared.mode.value.bits;
        Some(match () {
            () if owner == self.user.id => mode & 0o400 != 0,
            () if self.groups.contains(&group) => mode & 0o040 != 0,
            () if !self.group_is_known && mode & 0o040 != 0 => return None,
            () => mode & 0o004 != 0,
        })
    }
}
