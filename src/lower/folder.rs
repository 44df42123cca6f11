//! Folders on the host: by tmpfiles where it can, otherwise before the container starts.

use std::collections::HashMap;

use super::around::Around;
use super::own_set;
use crate::hir::folder::Holder;
use crate::hir::{Container, Folder, Host};
use crate::nix::{Expr, Part, parts};
use crate::nixos::Module;
use crate::script::Script;
use crate::tree::{Piece, Text};

/// Which container's rule makes a folder that several containers want: the first one's in the file.
pub(super) struct Makers<'a>(HashMap<String, &'a Container>);

impl<'a> Makers<'a> {
    pub(super) fn of(host: &'a Host) -> Makers<'a> {
        let mut makers = HashMap::new();
        for container in host.containers() {
            for folder in container.folders.iter().filter(|folder| by_rule(folder)) {
                makers.entry(folder.path.value()).or_insert(container);
            }
        }
        Makers(makers)
    }

    fn makes(&self, container: &Container, folder: &Folder) -> bool {
        self.0.get(&folder.path.value()).is_some_and(|maker| maker.name == container.name)
    }
}

pub(super) fn lower(container: &Container, around: &Around, module: &mut Module) {
    for folder in &container.folders {
        let (owner, group) = folder.holders();
        let (owner, group) = (holder(owner), holder(group));
        let mode = folder.final_mode().map_or_else(|| text("-"), |mode| parts(&mode));
        if by_rule(folder) {
            if !around.makers.makes(container, folder) {
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

/// Whether a rule of tmpfiles makes it.
fn by_rule(folder: &Folder) -> bool {
    folder.by_tmpfiles && !needs_more_than_quotes(&folder.path)
}

/// A constant whose value tmpfiles would read as more than text goes where Nix can escape it.
fn needs_more_than_quotes(path: &Text) -> bool {
    path.pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Reference(r) if r.value.text().contains(['%', '"', '\\'])))
}

/// The field of an owner or a group; `-` leaves it as it is, and a colon is for a new folder alone (tmpfiles.d(5)).
fn holder(holder: Holder) -> Vec<Part> {
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
