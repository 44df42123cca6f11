//! A folder on the host has one owner, one group and one mode.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Account, Mode};
use crate::hir::{Folder, Host};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut known: HashMap<String, &Folder> = HashMap::new();
    let mut folders: Vec<&Folder> = host.containers().flat_map(|c| &c.folders).collect();
    folders.sort_by_key(|folder| folder.owner_is_guessed);
    for folder in folders {
        let path = folder.path.value().trim_end_matches('/').to_owned();
        let Some(first) = known.get(&path) else {
            known.insert(path, folder);
            continue;
        };
        let (a, b) = (Ownership::of(first), Ownership::of(folder));
        if differ(a.user, b.user) || differ(a.group, b.group) || differ(a.mode, b.mode) {
            diagnostics.push(
                Diagnostic::new(
                    Code::NestedFolder,
                    format!("the folder {path} is declared with different owners, groups or modes"),
                    folder.span,
                    "declared again here",
                )
                .and(first.span, "first declared here")
                .help("give both the same `owner`, `group` and `mode`"),
            );
        }
    }
}

/// True if both values are set and differ.
fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

/// The owner, the group and the mode that the file sets for a folder.
struct Ownership<'a> {
    user: Option<&'a Account>,
    group: Option<&'a Account>,
    mode: Option<Mode>,
}

impl Ownership<'_> {
    fn of(folder: &Folder) -> Ownership<'_> {
        // A default contradicts nothing.
        let owner = folder.owner.as_ref().filter(|_| !folder.owner_is_guessed).map(|owner| &owner.value);
        let user = owner.map(|owner| &owner.user);
        let group = folder.group.as_ref().map(|group| &group.value.user);
        let group = group.or_else(|| owner.and_then(|owner| owner.group.as_ref()));
        let mode = folder.mode.as_ref().map(|mode| mode.value);
        Ownership { user, group, mode }
    }
}
