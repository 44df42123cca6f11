//! A folder on the host has one owner, one group and one mode.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Folder, Host};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut known: HashMap<String, &Folder> = HashMap::new();
    for folder in host.services.iter().flat_map(|s| &s.containers).flat_map(|c| &c.folders) {
        let path = folder.path.value().trim_end_matches('/').to_owned();
        let Some(first) = known.get(&path) else {
            known.insert(path, folder);
            continue;
        };
        let of = |f: &Folder| {
            let name = |n: &Option<crate::ast::scalar::Owner>| n.as_ref().map(|n| n.value());
            (name(&f.owner), name(&f.group), f.mode.as_ref().map(|m| m.value()))
        };
        if of(first) != of(folder) {
            diagnostics.push(
                Diagnostic::new(
                    Code::NestedFolder,
                    format!("the folder {path} has two owners or modes"),
                    folder.span,
                    "this one",
                )
                .and(first.span, "and this one")
                .help("give both the same `owner`, `group` and `mode`"),
            );
        }
    }
}
