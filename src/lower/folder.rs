//! Folders on the host: created by systemd-tmpfiles where possible, otherwise before the container starts.
//!
//! ```yaml
//! volumes: [{ source: /srv/wiki, target: /data, owner: 1000 }]
//! ```
//! ```nix
//! systemd.tmpfiles.rules = [ ''d "/srv/wiki" 0755 1000 1000 -'' ];
//! ```

use std::collections::HashMap;

use super::context::HostContext;
use super::own_set;
use crate::hir::folder::Holder;
use crate::hir::{Container, Folder, Host};
use crate::nix::{Expr, Part, parts};
use crate::nixos::Module;
use crate::script::Script;
use crate::tree::{Piece, Text};

/// The container whose rule creates a folder that several containers use: the first one in the file.
pub(super) struct FolderRules<'a>(HashMap<String, &'a Container>);

impl<'a> FolderRules<'a> {
    pub(super) fn of(host: &'a Host) -> FolderRules<'a> {
        let mut folder_rules = HashMap::new();
        for container in host.containers() {
            for folder in container.folders.iter().filter(|folder| by_rule(folder)) {
                folder_rules.entry(folder.path.value()).or_insert(container);
            }
        }
        FolderRules(folder_rules)
    }

    fn makes(&self, container: &Container, folder: &Folder) -> bool {
        self.0.get(&folder.path.value()).is_some_and(|emitted_at| emitted_at.name == container.name)
    }
}

pub(super) fn lower(container: &Container, context: &HostContext, module: &mut Module) {
    for folder in &container.folders {
        let (owner, group) = folder.holders();
        let (owner, group) = (holder(owner), holder(group));
        let mode = folder.final_mode().map_or_else(|| text("-"), |mode| parts(&mode));
        if by_rule(folder) {
            if !context.folder_rules.makes(container, folder) {
                continue;
            }
            let mut rule = text("d \"");
            rule.extend(folder.path.pieces.iter().map(|piece| match piece {
                Piece::Literal(text) => {
                    Part::Text(text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").into())
                }
                Piece::Reference(reference) => Part::Ref(reference.clone()),
            }));
            rule.push(Part::Text("\"".into()));
            for field in [mode, owner, group, text("-")] {
                rule.push(Part::Text(" ".into()));
                rule.extend(field);
            }
            module.config.at(&["systemd", "tmpfiles"]).append("rules", [Expr::Str(rule)]);
        } else {
            let path = [parts(&folder.path), mode, owner, group];
            let arguments = folder.shared.iter().map(parts).chain(path).map(|parts| match parts.as_slice() {
                [Part::Ref(reference)] => Expr::Ref(reference.clone()),
                _ => Expr::string(parts),
            });
            let script = match folder.shared {
                Some(_) => Script::MakeFolderIn,
                None => Script::MakeFolder,
            };
            own_set(module, container).append("prepare", [Expr::run(script, arguments)]);
        }
    }
}

fn text(literal: &'static str) -> Vec<Part> {
    vec![Part::Text(literal.into())]
}

/// True if a rule of tmpfiles creates the folder.
fn by_rule(folder: &Folder) -> bool {
    folder.by_tmpfiles && !needs_more_than_quotes(&folder.path)
}

/// True if tmpfiles would interpret a part of a constant's value. The folder is created by a script then, whose
/// arguments Nix escapes.
fn needs_more_than_quotes(path: &Text) -> bool {
    path.pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Reference(r) if r.value.text().contains(['%', '"', '\\'])))
}

/// The field of an owner or a group. `-` keeps it, and a colon applies it only to a new folder (tmpfiles.d(5)).
pub(super) fn holder(holder: Holder) -> Vec<Part> {
    match holder {
        Holder::Kept => text("-"),
        Holder::OfNew(user) => vec![Part::Text(format!(":{user}").into())],
        Holder::Given(holder) => parts(&holder),
        Holder::Part(whole, place) => {
            let split = Expr::call("lib.splitString", [Expr::str(":"), Expr::Ref(whole)]);
            vec![Part::expr(Expr::call("builtins.elemAt", [split, Expr::Int(place as i64)]))]
        }
    }
}
