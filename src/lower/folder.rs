//! Folders on the host: by tmpfiles where it can, otherwise before the container starts.

use super::{each_container, precondition};
use crate::ast::scalar::Owner;
use crate::hir::{Folder, Host};
use crate::nix::{Expr, Part, parts};
use crate::nixos::Output;
use crate::tree::{Piece, Text};

pub(super) fn lower(host: &Host, output: &mut Output) {
    let mut made: Vec<String> = Vec::new();
    each_container(host, output, |container, module| {
        for folder in &container.folders {
            let (owner, group) = owner_and_group(folder);
            let mode =
                folder.mode.as_ref().map_or_else(|| Text::literal("0755", folder.span), |m| m.0.clone());
            if folder.by_tmpfiles && !needs_more_than_quotes(&folder.path) {
                if made.contains(&folder.path.value()) {
                    continue;
                }
                made.push(folder.path.value());
                let mut rule = vec![Part::Text("d \"".to_owned())];
                rule.extend(folder.path.pieces.iter().map(|piece| match piece {
                    Piece::Literal(text) => {
                        Part::Text(text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%"))
                    }
                    Piece::Reference(reference) => Part::Ref(reference.clone()),
                }));
                rule.push(Part::Text("\" ".to_owned()));
                for (i, field) in [&mode, &owner, &group].into_iter().enumerate() {
                    if i > 0 {
                        rule.push(Part::Text(" ".to_owned()));
                    }
                    rule.extend(parts(field));
                }
                rule.push(Part::Text(" -".to_owned()));
                module.config.at(&["systemd", "tmpfiles"]).append("rules", [Expr::Str(rule)]);
            } else {
                let arguments = [&folder.path, &mode, &owner, &group].map(|text| match text.reference() {
                    Some(reference) => Expr::Ref(reference.clone()),
                    None => Expr::Str(parts(text)),
                });
                precondition(module, container, Expr::call("scripts.makeFolder", arguments));
            }
        }
    });
}

/// A constant whose value tmpfiles would read as more than text goes where Nix can escape it.
fn needs_more_than_quotes(path: &Text) -> bool {
    path.pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Reference(r) if r.value.text().contains(['%', '"', '\\'])))
}

fn owner_and_group(folder: &Folder) -> (Text, Text) {
    let root = || Text::literal("root", folder.span);
    let Some(Owner(owner)) = &folder.owner else {
        return (root(), folder.group.as_ref().map_or_else(root, |g| g.0.clone()));
    };
    let mut names = owner.split(':');
    let group = (names.len() > 1).then(|| names.pop()).flatten();
    let owner = names.swap_remove(0);
    let group = match (&folder.group, group) {
        (Some(group), _) => group.0.clone(),
        (None, Some(group)) => group,
        // A uid of a container has no group of its own on the host but the same number.
        (None, None) if owner.value().bytes().all(|b| b.is_ascii_digit()) => owner.clone(),
        (None, None) => root(),
    };
    (owner, group)
}
