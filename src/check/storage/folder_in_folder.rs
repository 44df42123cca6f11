//! Who owns a folder can rename and remove what lies in it, whoever owns that.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Account;
use crate::hir::{Folder, Host};
use crate::path::is_below;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut folders: Vec<(String, &Folder)> =
        host.containers().flat_map(|c| &c.folders).map(|f| (f.path.value(), f)).collect();
    // With `/` before all else, a folder stands right before what lies in it.
    folders.sort_by(|a, b| a.0.split('/').cmp(b.0.split('/')));
    let mut above: Vec<&(String, &Folder)> = Vec::new();
    for one in &folders {
        above.retain(|outer| is_below(&one.0, &outer.0));
        let outer = above.iter().rev().find(|outer| {
            outer.0 != one.0
                && user(outer.1).is_some_and(|owner| !owner.is_root())
                && user(one.1).is_some_and(|owner| Some(owner) != user(outer.1))
        });
        if let Some((path, outer)) = outer
            && let (Some(owner), Some(inner)) = (user(outer), user(one.1))
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::FolderInFolder,
                    format!("{} lies in a folder of {owner}'s", one.0),
                    one.1.span,
                    format!("belongs to {inner}"),
                )
                .and(outer.span, format!("{path} belongs to {owner}, who can remove what is in it"))
                .help("put the two beside each other"),
            );
        }
        // Of several that are one folder two are enough: one of them has another owner than what lies in it.
        let mut same = above.iter().rev().take_while(|outer| outer.0 == one.0);
        let is_known = |outer: &&(String, &Folder)| user(outer.1) == user(one.1);
        if same.clone().count() < 2 && !same.any(is_known) {
            above.push(one);
        }
    }
}

/// The user who owns a folder.
fn user(folder: &Folder) -> Option<&Account> {
    folder.owner.as_ref().map(|owner| &owner.value.user)
}
