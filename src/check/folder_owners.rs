//! A folder on the host has one owner, one group and one mode.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
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
        let differ = |a: &Option<String>, b: &Option<String>| matches!((a, b), (Some(a), Some(b)) if a != b);
        let (a, b) = (Said::of(first), Said::of(folder));
        if differ(&a.user, &b.user) || differ(&a.group, &b.group) || differ(&a.mode, &b.mode) {
            diagnostics.push(
                Diagnostic::new(
                    Code::NestedFolder,
                    format!("the folder {path} has two owners or modes"),
                    folder.span,
                    "this says one thing",
                )
                .and(first.span, "and this another")
                .help("give both the same `owner`, `group` and `mode`"),
            );
        }
    }
}

/// What is said of a folder.
struct Said {
    user: Option<String>,
    group: Option<String>,
    mode: Option<String>,
}

impl Said {
    fn of(folder: &Folder) -> Said {
        // A default contradicts nothing.
        let owner = folder.owner.as_ref().filter(|_| !folder.owner_is_guessed).map(|o| o.value());
        let (user, with_user) =
            match owner.as_deref().map(|o| o.split_once(':').map_or((o, None), |(u, g)| (u, Some(g)))) {
                Some((user, group)) => (Some(user.to_owned()), group.map(str::to_owned)),
                None => (None, None),
            };
        let group = folder.group.as_ref().map(|g| g.value()).or(with_user);
        let mode = folder.mode.as_ref().map(|m| m.value().trim_start_matches('0').to_owned());
        Said { user, group, mode }
    }
}
