//! The owner of a folder can rename and remove everything in it, whoever owns the contents.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Account;
use crate::hir::{Folder, Host};
use crate::path::is_below;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut folders: Vec<(String, &Folder)> =
        host.containers().flat_map(|c| &c.folders).map(|f| (f.path.value(), f)).collect();
    // Sorted by steps, a folder comes right before its contents.
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
                    format!("{} is inside a folder of the user {owner}", one.0),
                    one.1.span,
                    format!("belongs to {inner}"),
                )
                .and(outer.span, format!("{path} belongs to {owner}, who can remove everything in it"))
                .help(format!("move {} out of {path}", one.0)),
            );
        }
        // Two entries for one folder are enough: one of them has another owner than a folder inside it.
        let mut same = above.iter().rev().take_while(|outer| outer.0 == one.0);
        let is_known = |outer: &&(String, &Folder)| user(outer.1) == user(one.1);
        if same.clone().count() < 2 && !same.any(is_known) {
            above.push(one);
        }
    }
}

/// The owner of a folder.
fn user(folder: &Folder) -> Option<&Account> {
    folder.owner.as_ref().map(|owner| &owner.value.user)
}
