//! A mount point with another disk than in the last build, or a disk with another mount point: containers would look
//! for their data on the wrong disk.

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;

use super::moves::{Move, moves};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::normalized;
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(last_build) = &host.last_build else { return };
    let declared: HashMap<String, (Span, Option<&Text>)> = host
        .machine
        .mounts
        .entries
        .iter()
        .map(|(path, mount)| {
            let nfs = mount.nfs.as_ref().map(|nfs| &nfs.text);
            (normalized(&path.value()), (path.span, nfs))
        })
        .collect();
    let mut disks: IndexMap<(&str, String), Vec<Move>> = IndexMap::new();
    for one in moves(host) {
        if let Some(disk) = one.disk.clone() {
            disks.entry(disk).or_default().push(one);
        }
    }
    for ((old, new), moves) in disks {
        let Some(&(span, nfs)) = declared.get(&new) else { continue };
        // homegen itself mounts the same export at the new path.
        let before = last_build.mounts.get(old).and_then(Option::as_ref);
        if nfs.is_some() && nfs.map(|nfs| nfs.value()).as_ref() == before {
            continue;
        }
        let mut diagnostic = Diagnostic::new(
            Code::MountLeft,
            format!("containers would look for the data of `{old}` in `{new}`"),
            span,
            format!("was `{old}` in the last build"),
        );
        for one in moves.iter().take(3) {
            diagnostic = diagnostic.and(one.volume.span, format!("was `{}`", one.from));
        }
        diagnostics.push(diagnostic.help(format!(
            "mount the disk at `{new}` in your NixOS configuration (`fileSystems`) in the same switch, or move the data there before the switch"
        )));
    }
    let used: BTreeSet<String> = host
        .containers()
        .flat_map(|container| &container.mounts)
        .map(|mount| normalized(&mount.value()))
        .collect();
    for path in used {
        let Some(Some(before)) = last_build.mounts.get(&path) else { continue };
        let Some((_, Some(nfs))) = declared.get(&path) else { continue };
        if nfs.value() != *before {
            diagnostics.push(
                Diagnostic::new(
                    Code::MountLeft,
                    format!("the data in `{path}` would stay on `{before}`"),
                    nfs.span,
                    format!("was `{before}` in the last build"),
                )
                .help(format!(
                    "copy the data to `{}` before the switch, unless it is the same export under another name",
                    nfs.value()
                )),
            );
        }
    }
}
